import { describe, expect, it } from "vitest";
import { goldenStatistics } from "../golden/statistics.ts";
import { betaCdf, betaQuantile } from "./beta.ts";

describe("the beta distribution against scipy", () => {
  it.each(goldenStatistics.betaCdf)("P(B <= %f) of Beta(%f, %f) = %f", (x, a, b, probability) => {
    expect(Math.abs(betaCdf(x, a, b) - probability)).toBeLessThanOrEqual(1e-12);
  });

  it.each(goldenStatistics.betaQuantile)("quantile of %f of Beta(%f, %f) = %f", (probability, a, b, x) => {
    expect(Math.abs(betaQuantile(probability, a, b) - x)).toBeLessThanOrEqual(1e-12);
  });

  it("is uniform for shapes 1 and 1", () => {
    for (const x of [0, 0.125, 0.5, 0.9, 1]) expect(betaCdf(x, 1, 1)).toBeCloseTo(x, 14);
  });
});
