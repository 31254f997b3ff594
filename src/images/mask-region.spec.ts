import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GreyImage } from "./decode.ts";
import { boxMask, hidePixels, meanGrey, movedMask, REGION_NAMES, REGIONS } from "./mask-region.ts";

const picture = (width: number, height: number, level: (at: number) => number): GreyImage => ({
  width,
  height,
  channels: 1,
  pixels: Uint8Array.from({ length: width * height }, (_, at) => level(at)),
});
const count = (hidden: Uint8Array): number => hidden.reduce((sum, one) => sum + one, 0);

describe("masks", () => {
  it("hide the pixels of their boxes and no other", () => {
    const { hidden } = boxMask({ width: 4, height: 2 }, [{ left: 0.5, top: 0, width: 0.5, height: 0.5 }]);
    expect([...hidden]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    const size = { width: 100, height: 100 };
    expect(count(boxMask(size, REGIONS["top left corner"]).hidden)).toBe(15 * 15);
    expect(count(boxMask(size, REGIONS.border).hidden)).toBe(100 * 100 - 88 * 88);
    expect(count(boxMask(size, REGIONS.lungs).hidden)).toBe(2 * 35 * 68);
  });

  it("keep their size wherever they are moved, and come back", () => {
    fc.assert(
      fc.property(fc.constantFrom(...REGION_NAMES), fc.nat(60), fc.nat(60), (name, right, down) => {
        const mask = boxMask({ width: 30, height: 20 }, REGIONS[name]);
        const moved = movedMask(mask, right, down);
        expect(count(moved.hidden)).toBe(count(mask.hidden));
        expect(movedMask(moved, -right, -down)).toEqual(mask);
      }),
    );
    const one = { width: 3, height: 2, hidden: Uint8Array.from([1, 0, 0, 0, 0, 0]) };
    expect([...movedMask(one, 2, 1).hidden]).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it("replace by a grey level, or by another picture's same place", () => {
    const image = picture(2, 2, (at) => at);
    const mask = { width: 2, height: 2, hidden: Uint8Array.from([0, 1, 1, 0]) };
    expect([...hidePixels(image, mask, 9).pixels]).toEqual([0, 9, 9, 3]);
    // Twice as wide and high: the place's own pixel.
    const donor = picture(4, 4, (at) => 100 + at);
    expect([...hidePixels(image, mask, donor).pixels]).toEqual([0, 107, 113, 3]);
    expect([...image.pixels]).toEqual([0, 1, 2, 3]);
    expect(() => hidePixels(image, boxMask({ width: 3, height: 2 }, []), 0)).toThrow("a mask of 3 x 2");
  });

  it("know a picture's mean", () => {
    expect(meanGrey(picture(2, 2, (at) => at * 10))).toBe(15);
  });
});
