import { describe, expect, it } from "vitest";
import { percentileInterval } from "../interval.ts";
import { combine, estimateOf } from "./quantity.ts";

const of = (value: number, ...replicates: number[]) => ({
  value,
  replicates: Float64Array.from(replicates),
});

describe("combine", () => {
  it("goes draw by draw", () => {
    const ratio = combine([of(3, 1, 2, 3), of(2, 2, 2, 6)], (a, b) => (a ?? 0) / (b ?? 1));
    expect(ratio).toEqual(of(1.5, 0.5, 1, 0.5));
  });
});

describe("estimateOf", () => {
  it("is the percentile interval of one run", () => {
    const quantity = of(0.5, 0.2, 0.4, 0.6, 0.8);
    expect(estimateOf([quantity], 0.9)).toEqual(percentileInterval(0.5, quantity.replicates, 0.9));
  });

  it("of several is mean and t over seeds, the patients' variance added", () => {
    // Values 1, 2, 6: mean 3, s^2 = 7, s^2/3 = 7/3. Draw means: (1+2+6)/3 = 3 and (3+4+8)/3 = 5: variance 2.
    // V = 13/3, degrees 2 (13/7)^2 = 338/49; t(0.975, 6.898) = 2.371734 (scipy).
    const { value, low, high } = estimateOf([of(1, 1, 3), of(2, 2, 4), of(6, 6, 8)], 0.95);
    const half = 2.3717337686 * Math.sqrt(13 / 3);
    expect(value).toBe(3);
    expect(low).toBeCloseTo(3 - half, 4);
    expect(high).toBeCloseTo(3 + half, 4);
  });

  it("of runs that agree exactly is the patients' alone", () => {
    const { low, high } = estimateOf([of(1, 0, 2), of(1, 0, 2)], 0.95);
    // Variance of 0 and 2 is 2; z = 1.95996.
    expect(high).toBeCloseTo(1 + 1.959964 * Math.SQRT2, 4);
    expect(low).toBeCloseTo(1 - 1.959964 * Math.SQRT2, 4);
  });

  it("is nothing where a value is not defined", () => {
    const nothing = { value: null, low: null, high: null };
    expect(estimateOf([], 0.95)).toEqual(nothing);
    expect(estimateOf([of(Number.NaN, 1)], 0.95)).toEqual(nothing);
    expect(estimateOf([of(Number.NaN, 1), of(1, 1)], 0.95)).toEqual(nothing);
  });
});
