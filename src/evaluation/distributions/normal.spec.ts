import { describe, expect, it } from "vitest";
import { goldenStatistics } from "../golden/statistics.ts";
import { normalCdf, normalQuantile } from "./normal.ts";

describe("the normal distribution against scipy", () => {
  it.each(goldenStatistics.normalCdf)("P(Z <= %f) = %f", (x, probability) => {
    expect(Math.abs(normalCdf(x) - probability)).toBeLessThanOrEqual(1e-15);
  });

  it.each(goldenStatistics.normalQuantile)("quantile of %f = %f", (probability, x) => {
    expect(Math.abs(normalQuantile(probability) - x)).toBeLessThanOrEqual(1e-10);
  });

  it("has no finite quantile of 0 and 1, and none of what is no probability", () => {
    expect([0, 1, -0.1, 1.1, Number.NaN].map(normalQuantile)).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect([-40, 40].map(normalCdf)).toEqual([0, 1]);
  });
});
