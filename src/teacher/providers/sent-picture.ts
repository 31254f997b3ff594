import sharp from "sharp";
import type { GreyImage } from "../../images/decode.ts";

/**
 * A picture as it is sent: its grey pixels alone, made no larger than `side`, as a fresh 8-bit grey PNG. Whatever else its
 * file held (EXIF, comments, DICOM fields, an ICC profile) stays behind, since only pixels come in.
 * @param side longest side, pixels
 */
export async function sentPicture(image: GreyImage, side: number): Promise<Uint8Array> {
  const { width, height, pixels } = image;
  const buffer = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true })
    .toColourspace("b-w")
    .png()
    .toBuffer();
  return new Uint8Array(buffer);
}
