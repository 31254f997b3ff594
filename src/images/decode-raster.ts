import sharp, { type Metadata } from "sharp";
import { messageOf } from "../util/user-error.ts";
import { checkPng, isPng } from "./check-png.ts";
import type { Samples } from "./grey.ts";
import { ImageError } from "./image-error.ts";
import { MAX_PIXELS } from "./limits.ts";

/** A PNG's or JPEG's samples, and what its file held. */
export interface Raster extends Samples {
  /** Channels in the file: 4 for an RGBA PNG. */
  readonly sourceChannels: number;
  /** Bits a sample as decoded. */
  readonly sourceBits: 8 | 16;
}

const FORMATS = new Set(["png", "jpeg"]);

/**
 * Decodes PNG and JPEG of 1 to 16 bits to their end; `file` names them in errors. Throws ImageError.
 * Not covered: other formats, colour profiles and EXIF rotation (pixels are taken as stored). A JPEG has no checksum:
 * changed bytes that still decode are another picture, and one that was cut in its last row of blocks and closed again
 * with an end marker is taken for whole.
 */
export async function decodeRaster(bytes: Uint8Array, file: string): Promise<Raster> {
  if (isPng(bytes)) refuseBrokenPng(bytes, file);
  const metadata = await readMetadata(bytes, file);
  const sourceBits = metadata.depth === "ushort" ? 16 : 8;
  const { data, info } = await decodeSamples(bytes, file, metadata, sourceBits);
  return {
    width: info.width,
    height: info.height,
    channels: info.channels,
    data: sourceBits === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data,
    sourceChannels: metadata.channels ?? info.channels,
    sourceBits,
  };
}

function refuseBrokenPng(bytes: Uint8Array, file: string): void {
  const state = checkPng(bytes);
  if (state === "truncated") throw new ImageError(file, "truncated", "the PNG ends before its IEND");
  if (state === "damaged") throw new ImageError(file, "unreadable", "a chunk of the PNG fails its checksum");
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
    throw new ImageError(file, "unsupported format", `${metadata.format}; PNG, JPEG and DICOM are read`);
  }
  return metadata;
}

async function decodeSamples(bytes: Uint8Array, file: string, metadata: Metadata, bits: 8 | 16) {
  const colour = (metadata.channels ?? 1) >= 3;
  // libjpeg warns of what it could not read and fills in grey; libpng warns of profiles and the like.
  const failOn = metadata.format === "jpeg" ? "warning" : "truncated";
  const options = { limitInputPixels: MAX_PIXELS, failOn, ignoreIcc: true } as const;
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
    return new ImageError(file, "unsupported format", "neither PNG nor JPEG nor DICOM", cause);
  }
  return new ImageError(file, "unreadable", detail, cause);
}
