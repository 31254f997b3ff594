import sharp from "sharp";
import type { GreyImage } from "../images/decode.ts";

/** Longest side of a picture in the report, in pixels: enough to see where a finding is, about 8 kB. */
export const THUMBNAIL_SIDE = 256;

const JPEG_QUALITY = 72;

/** A radiograph as a small JPEG in a data URI. The file's metadata does not come along. */
export async function thumbnail({ width, height, pixels }: GreyImage): Promise<string> {
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
}

/** Whether a text is a JPEG or PNG in a data URI and nothing else. */
export function isPicture(uri: string): boolean {
  return /^data:image\/(?:jpeg|png);base64,[A-Za-z0-9+/]+={0,2}$/.test(uri);
}
