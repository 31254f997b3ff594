import { describe, expect, it } from "vitest";
import { goldenStatistics } from "../golden/statistics.ts";
import { MID_P_FROM, mcnemar } from "./mcnemar.ts";

describe("mcnemar", () => {
  it.each(goldenStatistics.mcnemar)("is statsmodels' for $pair", ({ pair: [one, other], exact, mid }) => {
    const { p, midP } = mcnemar(one, other);
    expect(Math.abs(p - exact)).toBeLessThanOrEqual(1e-12);
    if (one + other < MID_P_FROM) expect(midP).toBeNull();
    else expect(Math.abs((midP ?? Number.NaN) - Math.min(1, mid))).toBeLessThanOrEqual(1e-12);
  });

  it("is worked by hand: 1 against 9", () => {
    // 2 (1 + 10) / 2^10, and without the chance of exactly one: (2 + 10) / 2^10.
    expect(mcnemar(1, 9).p).toBeCloseTo(22 / 1024, 14);
    expect(mcnemar(9, 1).midP).toBeCloseTo(12 / 1024, 14);
  });
});
