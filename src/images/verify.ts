import { availableParallelism } from "node:os";
import { mapParallel } from "../util/map-parallel.ts";
import { decodeImage, pixelHash } from "./decode.ts";
import { ImageError, type ImageFailure } from "./image-error.ts";

/** What decoding one file to its end showed. */
export type VerifiedImage =
  | {
      readonly file: string;
      readonly outcome: "ok";
      readonly width: number;
      readonly height: number;
      readonly sourceChannels: number;
      readonly sourceBits: 8 | 16;
      /** `pixelHash` of the grey picture. */
      readonly hash: string;
    }
  | { readonly file: string; readonly outcome: ImageFailure; readonly detail: string };

export interface VerifyOptions {
  /** Files decoded at a time; by default as many as there are processors. */
  readonly parallel?: number;
  /** Called after every file with how many are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Decodes every file to its end, several at a time; the results are in the order of the files. Never throws for a bad file. */
export function verifyImages(
  files: readonly string[],
  options: VerifyOptions = {},
): Promise<VerifiedImage[]> {
  let done = 0;
  return mapParallel(files, options.parallel ?? availableParallelism(), async (file) => {
    const verified = await verifyImage(file);
    options.onProgress?.(++done, files.length);
    return verified;
  });
}

async function verifyImage(file: string): Promise<VerifiedImage> {
  try {
    const image = await decodeImage(file);
    const { width, height, sourceChannels, sourceBits } = image;
    return { file, outcome: "ok", width, height, sourceChannels, sourceBits, hash: pixelHash(image) };
  } catch (error) {
    if (error instanceof ImageError) return { file, outcome: error.failure, detail: error.detail };
    throw error;
  }
}
