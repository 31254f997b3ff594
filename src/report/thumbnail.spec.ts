import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { isPicture, THUMBNAIL_SIDE, thumbnail } from "./thumbnail.ts";

describe("thumbnail", () => {
  it("shrinks a radiograph to a small grey JPEG that keeps its shape and grey levels", async () => {
    const [width, height] = [1024, 512];
    const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? 40 : 200));
    const uri = await thumbnail({ width, height, channels: 1, pixels });
    expect(isPicture(uri)).toBe(true);
    const bytes = Buffer.from(uri.slice(uri.indexOf(",") + 1), "base64");
    const { data, info } = await sharp(bytes).greyscale().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([THUMBNAIL_SIDE, THUMBNAIL_SIDE / 2]);
    expect(Math.abs((data[10] ?? 0) - 40)).toBeLessThan(4);
    expect(Math.abs((data[THUMBNAIL_SIDE - 10] ?? 0) - 200)).toBeLessThan(4);
  });

  it("does not enlarge a small one", async () => {
    const uri = await thumbnail({ width: 8, height: 8, channels: 1, pixels: new Uint8Array(64) });
    const bytes = Buffer.from(uri.slice(uri.indexOf(",") + 1), "base64");
    expect((await sharp(bytes).metadata()).width).toBe(8);
  });
});

describe("isPicture", () => {
  it.each([
    "https://example.org/a.jpg",
    "data:image/svg+xml;base64,AAAA",
    'data:image/jpeg;base64,AAAA" onerror="x',
    "data:image/jpeg;base64,AAAA\n",
    "data:text/html;base64,AAAA",
    "",
  ])("refuses %j", (uri) => expect(isPicture(uri)).toBe(false));
});
