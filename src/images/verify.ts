import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { mapParallel } from "../util/map-parallel.ts";
import { decodeBytes, pixelHash, readImageFile } from "./decode.ts";
import { ImageError, type ImageFailure } from "./image-error.ts";
import type { FileStamp, VerifiedFile } from "./verified-file.ts";

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
  /** Where findings are kept: files found there unchanged are not opened, the others are added. */
  readonly kept?: VerifiedFile;
}

/** Decodes every file to its end, several at a time; the results are in the order of the files. Never throws for a bad file. */
export function verifyImages(
  files: readonly string[],
  options: VerifyOptions = {},
): Promise<VerifiedImage[]> {
  let done = 0;
  return mapParallel(files, options.parallel ?? availableParallelism(), async (file) => {
    const verified = await verifyImage(file, options.kept);
    options.onProgress?.(++done, files.length);
    return verified;
  });
}

async function verifyImage(file: string, kept: VerifiedFile | undefined): Promise<VerifiedImage> {
  // Of the bytes before they are read: a file that is changed meanwhile has another stamp the next time.
  const stamp = kept === undefined ? null : await stampOf(file);
  const known = stamp === null ? null : (kept?.find(stamp) ?? null);
  if (known !== null) return known;
  let bytes: Uint8Array;
  try {
    bytes = await readImageFile(file);
  } catch (error) {
    // Not kept: a disk or a permission may be back the next time, with the file unchanged.
    return failureOf(file, error);
  }
  const verified = await decode(file, bytes);
  if (stamp !== null) await kept?.keep(stamp, verified);
  return verified;
}

async function decode(file: string, bytes: Uint8Array): Promise<VerifiedImage> {
  try {
    const image = await decodeBytes(bytes, file);
    const { width, height, sourceChannels, sourceBits } = image;
    return { file, outcome: "ok", width, height, sourceChannels, sourceBits, hash: pixelHash(image) };
  } catch (error) {
    return failureOf(file, error);
  }
}

function failureOf(file: string, error: unknown): VerifiedImage {
  if (error instanceof ImageError) return { file, outcome: error.failure, detail: error.detail };
  throw error;
}

/** Null where the file cannot be asked: reading it will say why. */
async function stampOf(file: string): Promise<FileStamp | null> {
  const found = await stat(file).catch(() => null);
  return found === null ? null : { file, size: found.size, modified: found.mtimeMs };
}
