import { describe, expect, it } from "vitest";
import { planPatient } from "./plan-site.ts";
import { renderPhantom } from "./render-phantom.ts";
import { PHANTOM_SITES } from "./sites.ts";
import { PHANTOM_VERSION } from "./write-site.ts";

const SIZE = 64;
/** Mean greys of the four quarters of one picture of each site, under PHANTOM_VERSION 4. */
const QUARTERS: Readonly<Record<string, readonly number[]>> = {
  "phantom-mimic": [146.759, 131.516, 165.848, 155.552],
  "phantom-chexpert": [104.222, 92.611, 166.302, 151.795],
  "phantom-nih": [111.89, 136.507, 148.972, 189.105],
  "phantom-neutral": [128.232, 123.945, 178.202, 177.353],
};

describe("what is drawn", () => {
  it("is what this version drew: raise PHANTOM_VERSION and calibrate again when it changes", () => {
    expect(PHANTOM_VERSION).toBe(4);
    for (const site of PHANTOM_SITES) {
      const spec = planPatient(site, 1, 2).studies[0]?.images[0]?.spec;
      const data = spec ? renderPhantom(spec, SIZE).data : new Uint8Array();
      const sums = [0, 0, 0, 0];
      data.forEach((grey, i) => {
        const quarter = (i % SIZE < SIZE / 2 ? 0 : 1) + (i < data.length / 2 ? 0 : 2);
        sums[quarter] = (sums[quarter] ?? 0) + grey / (data.length / 4);
      });
      const known = QUARTERS[site.name] ?? [];
      expect(known.length).toBe(4);
      for (const [i, mean] of sums.entries())
        expect(mean, `${site.name}, quarter ${i}`).toBeCloseTo(known[i] ?? 0, 2);
    }
  });
});
