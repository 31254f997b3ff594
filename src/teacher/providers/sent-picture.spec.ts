import { writeFileSync } from "node:fs";
import path from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { decodeImage, type GreyImage } from "../../images/decode.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { sentPicture } from "./sent-picture.ts";

const folder = scratchFolder();

/** The kinds of a PNG's chunks, in order. */
function chunks(png: Uint8Array): string[] {
  const view = Buffer.from(png);
  const kinds: string[] = [];
  for (let at = 8; at < view.length; at += 12 + view.readUInt32BE(at))
    kinds.push(view.toString("latin1", at + 4, at + 8));
  return kinds;
}
const noise = (width: number, height: number): GreyImage => ({
  width,
  height,
  channels: 1,
  pixels: Uint8Array.from({ length: width * height }, (_, n) => (n * 37) % 251),
});

it("keeps the grey levels of a picture that is small enough", async () => {
  const image = noise(50, 30);
  const { data, info } = await sharp(await sentPicture(image, 64))
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([50, 30]);
  expect(Buffer.from(image.pixels).equals(data)).toBe(true);
});

it.each([
  [200, 100, 64, 32],
  [100, 200, 32, 64],
  [64, 64, 64, 64],
])("makes %d x %d fit into 64: %d x %d", async (width, height, wide, high) => {
  const metadata = await sharp(await sentPicture(noise(width, height), 64)).metadata();
  expect([metadata.width, metadata.height, metadata.channels]).toEqual([wide, high, 1]);
});

it("leaves behind whatever else the file held", async () => {
  const { width, height, pixels } = noise(40, 40);
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .withExif({ IFD0: { Artist: "Jane Patient", ImageDescription: "MRN 12345" } })
    .withIccProfile("srgb")
    .jpeg()
    .toBuffer();
  expect(jpeg.includes("Jane Patient")).toBe(true);
  const file = path.join(folder, "named.jpg");
  writeFileSync(file, jpeg);
  const sent = await sentPicture(await decodeImage(file), 64);
  expect(Buffer.from(sent).includes("Patient")).toBe(false);
  expect(Buffer.from(sent).includes("12345")).toBe(false);
  // pHYs is libvips's own default of 72 dpi, the same in every picture.
  expect([...new Set(chunks(sent))]).toEqual(["IHDR", "pHYs", "IDAT", "IEND"]);
});
