import { describe, expect, it } from "vitest";
import { goldenStatistics } from "../golden/statistics.ts";
import { holm } from "./holm.ts";

describe("holm", () => {
  it.each(goldenStatistics.holm)("is statsmodels' for $p", ({ p, adjusted }) => {
    holm(p).forEach((value, index) => {
      expect(Math.abs(value - (adjusted[index] ?? Number.NaN))).toBeLessThanOrEqual(1e-15);
    });
    expect(holm(p)).toHaveLength(adjusted.length);
  });

  it("takes an empty family", () => {
    expect(holm([])).toEqual([]);
  });
});
