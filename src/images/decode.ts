import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { messageOf } from "../util/user-error.ts";
import { decodeRaster } from "./decode-raster.ts";
import { decodeDicom } from "./dicom/decode-dicom.ts";
import { isDicom } from "./dicom/is-dicom.ts";
import { toGrey8 } from "./grey.ts";
import { ImageError } from "./image-error.ts";
import { MAX_FILE_BYTES } from "./limits.ts";

/**
 * The one decoder: PNG and JPEG of 1 to 16 bits, grey, RGB or RGBA, and DICOM of one grey frame, to 8-bit grey.
 * What each leaves out stands in `decode-raster.ts` and `dicom/decode-dicom.ts`.
 */

/**
 * Goes up by one whenever some file would come out otherwise than before: what an older decoder found about a file
 * is then found anew.
 */
export const DECODER_VERSION = 2;

/** A radiograph as the engine takes it: 8-bit grey, row by row from the top left. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1;
  readonly pixels: Uint8Array;
}

/** A decoded picture and what its file held. */
export interface DecodedImage extends GreyImage {
  /** Channels in the file: 4 for an RGBA PNG. */
  readonly sourceChannels: number;
  /** Bits a sample as decoded: 8 or 16. */
  readonly sourceBits: 8 | 16;
}

/** Reads a file to its end. Throws ImageError with the failure by name. */
export async function decodeImage(file: string): Promise<DecodedImage> {
  return decodeBytes(await readImageFile(file), file);
}

/** Decodes a file's bytes; `file` names them in errors. Throws ImageError. */
export async function decodeBytes(bytes: Uint8Array, file: string): Promise<DecodedImage> {
  if (isDicom(bytes)) {
    const { width, height, pixels, sourceBits } = await decodeDicom(bytes, file);
    return { width, height, channels: 1, pixels, sourceChannels: 1, sourceBits };
  }
  const { sourceChannels, sourceBits, ...samples } = await decodeRaster(bytes, file);
  const { width, height } = samples;
  return { width, height, channels: 1, pixels: toGrey8(samples), sourceChannels, sourceBits };
}

/** SHA-256 of a picture's size and grey levels, in hex: equal for the same picture under two names or formats. */
export function pixelHash(image: GreyImage): string {
  return createHash("sha256").update(`${image.width}x${image.height}\n`).update(image.pixels).digest("hex");
}

/** The bytes of a file of at most `MAX_FILE_BYTES`. Throws ImageError; what is no plain file is not opened. */
export async function readImageFile(file: string): Promise<Uint8Array> {
  try {
    const found = await stat(file);
    // A pipe would never end and a device is of no size.
    if (!found.isFile()) throw new ImageError(file, "unreadable", "not a file");
    if (found.size > MAX_FILE_BYTES) throw new ImageError(file, "too large", `${found.size} bytes`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new ImageError(file, missing ? "missing file" : "unreadable", messageOf(error), { cause: error });
  }
}
