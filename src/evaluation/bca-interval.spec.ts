import { describe, expect, it } from "vitest";
import { bcaInterval } from "./bca-interval.ts";
import { goldenStatistics } from "./golden/statistics.ts";

describe("bcaInterval", () => {
  it.each(goldenStatistics.bca)("is scipy's on its own replicates: $name", (golden) => {
    const { value, replicates, jackknife, level } = golden;
    const { low, high } = bcaInterval(
      value,
      Float64Array.from(replicates),
      Float64Array.from(jackknife),
      level,
    );
    expect(Math.abs((low ?? Number.NaN) - golden.low)).toBeLessThanOrEqual(1e-12);
    expect(Math.abs((high ?? Number.NaN) - golden.high)).toBeLessThanOrEqual(1e-12);
  });

  it("is the percentile interval where nothing is skewed and half lies below", () => {
    const replicates = Float64Array.from({ length: 101 }, (_, i) => i / 100);
    const { low, high } = bcaInterval(0.5, replicates, Float64Array.of(0.4, 0.5, 0.6), 0.9);
    expect(low).toBeCloseTo(0.05, 12);
    expect(high).toBeCloseTo(0.95, 12);
  });

  it("has no acceleration where every patient matters the same", () => {
    const replicates = Float64Array.from({ length: 101 }, (_, i) => i / 100);
    expect(bcaInterval(0.5, replicates, new Float64Array(9).fill(0.5), 0.9).low).toBeCloseTo(0.05, 12);
  });

  it("leaves undefined replicates out, and has no bounds where the value or a side is missing", () => {
    const some = Float64Array.of(Number.NaN, 0, 1, Number.NaN, 0.5);
    expect(bcaInterval(0.5, some, Float64Array.of(0, 1), 0.5)).toEqual(
      bcaInterval(0.5, Float64Array.of(0, 1, 0.5), Float64Array.of(0, 1, Number.NaN), 0.5),
    );
    const none = { low: null, high: null };
    expect(bcaInterval(Number.NaN, some, Float64Array.of(0, 1), 0.5)).toEqual(none);
    expect(bcaInterval(2, some, Float64Array.of(0, 1), 0.5)).toEqual(none);
    expect(bcaInterval(2, new Float64Array(), Float64Array.of(0, 1), 0.5)).toEqual(none);
  });
});
