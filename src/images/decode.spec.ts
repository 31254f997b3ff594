import { writeFile } from "node:fs/promises";
import path from "node:path";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { decodeBytes, decodeImage, pixelHash } from "./decode.ts";
import { toGrey8 } from "./grey.ts";
import { ImageError } from "./image-error.ts";
import { MAX_PIXELS } from "./limits.ts";
import { writePng } from "./testing/write-png.ts";

const WIDTH = 24;
const HEIGHT = 16;
/** A picture that uses every grey level at least once. */
const GREY = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => (at * 7) % 256);

/** GREY with its level repeated over the channels, alpha opaque. */
function interleaved(channels: 1 | 2 | 3 | 4): Uint8Array {
  const alphaAt = channels === 2 || channels === 4 ? channels - 1 : -1;
  return Uint8Array.from({ length: GREY.length * channels }, (_, at) =>
    at % channels === alphaAt ? 255 : (GREY[Math.floor(at / channels)] ?? 0),
  );
}

function picture(channels: 1 | 2 | 3 | 4): Sharp {
  const raw = { width: WIDTH, height: HEIGHT, channels };
  return sharp(interleaved(channels), { raw }).toColourspace(channels < 3 ? "b-w" : "srgb");
}

async function failureOf(bytes: Uint8Array): Promise<string> {
  try {
    await decodeBytes(bytes, "picture");
    return "none";
  } catch (error) {
    if (error instanceof ImageError) return error.failure;
    throw error;
  }
}

describe("decodeBytes", () => {
  it.each([1, 2, 3, 4] as const)(
    "keeps the exact levels of a grey picture in %s channels",
    async (channels) => {
      const image = await decodeBytes(await picture(channels).png().toBuffer(), "picture");
      expect(image).toMatchObject({ width: WIDTH, height: HEIGHT, channels: 1, sourceBits: 8 });
      expect(image.pixels).toEqual(GREY);
      expect(image.sourceChannels).toBe(channels);
    },
  );

  it("reads JPEG, grey and RGB, to the levels that its own decoder gives", async () => {
    for (const channels of [1, 3] as const) {
      const bytes = await picture(channels).jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer();
      const { pixels } = await decodeBytes(bytes, "picture");
      const worst = Math.max(...pixels.map((level, at) => Math.abs(level - (GREY[at] ?? 0))));
      expect(worst).toBeLessThanOrEqual(3);
    }
  });

  it("scales 16 bits by their full range, to the nearest level, for every one of the 65,536", async () => {
    const scanlines = Buffer.alloc(256 * 513);
    for (let value = 0; value < 65_536; value++) {
      scanlines.writeUInt16BE(value, Math.floor(value / 256) * 513 + 1 + (value % 256) * 2);
    }
    const bytes = writePng({ width: 256, height: 256, depth: 16, colour: 0 }, scanlines);
    const { pixels, sourceBits } = await decodeBytes(bytes, "picture");
    expect(sourceBits).toBe(16);
    for (let value = 0; value < 65_536; value++) {
      if (pixels[value] !== Math.round((value * 255) / 65_535))
        throw new Error(`${value} became ${pixels[value]}`);
    }
  });

  it("reads a picture of one bit a pixel as black and white", async () => {
    const bytes = writePng(
      { width: 8, height: 2, depth: 1, colour: 0 },
      Uint8Array.of(0, 0b10100000, 0, 0b00000001),
    );
    const { pixels } = await decodeBytes(bytes, "picture");
    expect([...pixels]).toEqual([255, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255]);
  });

  it("names every way of being cut short", async () => {
    for (const bytes of [await picture(1).png().toBuffer(), await picture(3).jpeg().toBuffer()]) {
      for (let length = 12; length < bytes.length; length++) {
        expect([length, await failureOf(bytes.subarray(0, length))]).toEqual([length, "truncated"]);
      }
    }
    expect(await failureOf(new Uint8Array())).toBe("truncated");
  });

  it("names a damaged picture", async () => {
    const bytes = writePng({ width: 8, height: 8, depth: 8, colour: 0 }, new Uint8Array(72));
    const pixelData = bytes.indexOf("IDAT") + 4;
    bytes.fill(0xaa, pixelData + 2, pixelData + 6);
    expect(await failureOf(bytes)).toBe("unreadable");
  });

  it("refuses a picture that claims to be huge, before decoding it", async () => {
    const side = Math.ceil(Math.sqrt(MAX_PIXELS)) + 1;
    const bytes = writePng({ width: side, height: side, depth: 8, colour: 0 }, new Uint8Array(10));
    expect(await failureOf(bytes)).toBe("too large");
    expect(
      await failureOf(writePng({ width: 2 ** 30, height: 2 ** 30, depth: 8, colour: 0 }, new Uint8Array(10))),
    ).toMatch(/too large|unreadable/);
  });

  it("refuses other formats", async () => {
    const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`);
    expect(await failureOf(svg)).toBe("unsupported format");
    expect(await failureOf(await picture(3).webp().toBuffer())).toBe("unsupported format");
    expect(await failureOf(Buffer.from("no picture at all"))).toBe("unsupported format");
  });
});

describe("toGrey8", () => {
  // Golden values: Pillow 11, Image.convert("L").
  it.each([
    [[10, 200, 30], 124],
    [[255, 0, 0], 76],
    [[0, 255, 0], 150],
    [[0, 0, 255], 29],
    [[1, 2, 3], 2],
    [[250, 128, 7], 151],
    [[77, 77, 78], 77],
  ])("takes %j as Pillow does: %s", (rgb, level) => {
    expect([...toGrey8({ width: 1, height: 1, channels: 3, data: Uint8Array.from(rgb) })]).toEqual([level]);
  });
});

describe("decodeImage and pixelHash", () => {
  const folder = scratchFolder();

  it("names a file that is missing, or no file", async () => {
    await expect(decodeImage(path.join(folder, "none.png"))).rejects.toMatchObject({
      failure: "missing file",
    });
    await expect(decodeImage(folder)).rejects.toMatchObject({ failure: "unreadable" });
  });

  it("hashes a picture alike in grey and in RGBA, and by its shape", async () => {
    const grey = path.join(folder, "grey.png");
    const rgba = path.join(folder, "rgba.png");
    await writeFile(grey, await picture(1).png().toBuffer());
    await writeFile(rgba, await picture(4).png().toBuffer());
    const image = await decodeImage(grey);
    expect(pixelHash(await decodeImage(rgba))).toBe(pixelHash(image));
    expect(pixelHash({ ...image, width: image.height, height: image.width })).not.toBe(pixelHash(image));
  });
});
