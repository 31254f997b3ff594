import { describe, expect, it } from "vitest";
import { tQuantile } from "./student-t.ts";

describe("tQuantile", () => {
  // scipy.stats.t.ppf; the last, scipy.stats.norm.ppf.
  it.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 4, 2.7764451051977934],
    [0.975, 4.7, 2.62072607535317],
    [0.9875, 9, 2.6850108468164575],
    [0.9, 2.5, 1.7302509288071766],
    [0.6, 30, 0.2556053649519128],
    [0.99875, 5, 5.6041654784981985],
    [0.975, 1e6, 1.959966356814107],
    [0.975, Number.POSITIVE_INFINITY, 1.959963984540054],
  ])("at %f of %f degrees is scipy's", (p, degrees, expected) => {
    expect(tQuantile(p, degrees) / expected).toBeCloseTo(1, 8);
    expect(tQuantile(1 - p, degrees) / expected).toBeCloseTo(-1, 8);
  });

  it("is 0 in the middle", () => {
    expect(Math.abs(tQuantile(0.5, 3))).toBeLessThan(1e-6);
  });
});
