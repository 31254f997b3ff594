import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import sharp, { type Metadata } from "sharp";
import { messageOf } from "../util/user-error.ts";
import { toGrey8 } from "./grey.ts";
import { ImageError } from "./image-error.ts";
import { isPng, isWholePng } from "./png-whole.ts";

/**
 * The one decoder: PNG and JPEG of 1 to 16 bits, grey, RGB or RGBA, to 8-bit grey.
 * Not covered: DICOM (refused by name), other formats, colour profiles and EXIF rotation (pixels are taken as stored).
 */

/** Largest picture decoded, in pixels. The largest radiographs measure about 20 million; a bomb claims billions. */
export const MAX_PIXELS = 64_000_000;

/** Largest file read, in bytes: a 16-bit RGBA picture of the largest size, uncompressed. */
export const MAX_FILE_BYTES = MAX_PIXELS * 8;

const FORMATS = new Set(["png", "jpeg"]);

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
  return decodeBytes(await readWhole(file), file);
}

/** Decodes a file's bytes; `file` names them in errors. Throws ImageError. */
export async function decodeBytes(bytes: Uint8Array, file: string): Promise<DecodedImage> {
  if (isDicom(bytes)) {
    throw new ImageError(file, "unsupported format", "DICOM is not read yet; convert it to PNG first");
  }
  if (isPng(bytes) && !isWholePng(bytes))
    throw new ImageError(file, "truncated", "the PNG ends before its IEND");
  const metadata = await readMetadata(bytes, file);
  const sourceBits = metadata.depth === "ushort" ? 16 : 8;
  const { data, info } = await decodeSamples(bytes, file, metadata, sourceBits);
  const samples = sourceBits === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  const pixels = toGrey8({ width: info.width, height: info.height, channels: info.channels, data: samples });
  return {
    width: info.width,
    height: info.height,
    channels: 1,
    pixels,
    sourceChannels: metadata.channels ?? info.channels,
    sourceBits,
  };
}

/** SHA-256 of a picture's size and grey levels, in hex: equal for the same picture under two names or formats. */
export function pixelHash(image: GreyImage): string {
  return createHash("sha256").update(`${image.width}x${image.height}\n`).update(image.pixels).digest("hex");
}

async function readWhole(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) throw new ImageError(file, "too large", `${size} bytes`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new ImageError(file, missing ? "missing file" : "unreadable", messageOf(error), { cause: error });
  }
}

/** DICOM's mark: "DICM" after a preamble of 128 bytes (PS3.10, section 7.1). */
function isDicom(bytes: Uint8Array): boolean {
  return bytes.length >= 132 && Buffer.from(bytes.subarray(128, 132)).toString("latin1") === "DICM";
}

async function readMetadata(bytes: Uint8Array, file: string): Promise<Metadata> {
  if (bytes.length === 0) throw new ImageError(file, "truncated", "the file is empty");
  let metadata: Metadata;
  try {
    metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw failureOf(error, file);
  }
  const pixels = metadata.width * metadata.height;
  if (pixels > MAX_PIXELS) {
    throw new ImageError(
      file,
      "too large",
      `${metadata.width} x ${metadata.height}, over ${MAX_PIXELS} pixels`,
    );
  }
  if (!FORMATS.has(metadata.format)) {
    throw new ImageError(file, "unsupported format", `${metadata.format}; PNG and JPEG are read`);
  }
  return metadata;
}

async function decodeSamples(bytes: Uint8Array, file: string, metadata: Metadata, bits: 8 | 16) {
  const colour = (metadata.channels ?? 1) >= 3;
  const options = { limitInputPixels: MAX_PIXELS, failOn: "truncated", ignoreIcc: true } as const;
  const picture = sharp(bytes, options);
  if (bits === 16) picture.toColourspace(colour ? "rgb16" : "grey16");
  else picture.toColourspace(colour ? "srgb" : "b-w");
  try {
    return await picture
      .raw({ depth: bits === 16 ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw failureOf(error, file);
  }
}

/** libvips names its failures in prose only; "premature end" is libjpeg's for a file that ends early. */
function failureOf(error: unknown, file: string): ImageError {
  const detail = messageOf(error);
  const cause = { cause: error };
  if (/premature end/i.test(detail)) {
    return new ImageError(file, "truncated", "the JPEG ends early", cause);
  }
  if (/unsupported image format/i.test(detail)) {
    return new ImageError(file, "unsupported format", "neither PNG nor JPEG", cause);
  }
  return new ImageError(file, "unreadable", detail, cause);
}
