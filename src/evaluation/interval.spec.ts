import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { evaluate } from "./evaluate.ts";
import { bootstrapP, percentileInterval, quantile } from "./interval.ts";
import type { Reading } from "./reading.ts";

describe("quantile", () => {
  it("is numpy's", () => {
    // numpy.quantile([1, 2, 4, 8, 16], q)
    const values = Float64Array.of(1, 2, 4, 8, 16);
    expect([0, 0.025, 0.1, 0.5, 0.9, 1].map((q) => quantile(values, q))).toEqual([1, 1.1, 1.4, 4, 12.8, 16]);
    expect(quantile(Float64Array.of(3), 0.975)).toBe(3);
    expect(quantile(new Float64Array(0), 0.5)).toBeNull();
  });
});

describe("percentileInterval", () => {
  it("leaves undefined replicates out, and an undefined value has no interval", () => {
    expect(percentileInterval(2, Float64Array.of(Number.NaN, 3, 1, Number.NaN), 1)).toEqual({
      value: 2,
      low: 1,
      high: 3,
    });
    expect(percentileInterval(Number.NaN, Float64Array.of(1), 0.95)).toEqual({
      value: null,
      low: null,
      high: null,
    });
  });
});

describe("bootstrapP", () => {
  it("is twice the smaller share on a side of 0, 0 and the sample counted in", () => {
    expect(bootstrapP(1, Float64Array.of(1, 2, 3, -1))).toBe((2 * 2) / 5);
    expect(bootstrapP(-1, Float64Array.of(-1, -2, Number.NaN, -3))).toBe(2 / 4);
    expect(bootstrapP(0, Float64Array.of(0, 0, 0))).toBe(1);
    expect(bootstrapP(Number.NaN, Float64Array.of(1))).toBeNull();
  });
});

describe("the interval of a rate", () => {
  const failing = (n: number, imagesPerPatient: number, rate: number, name: string | number): Reading[] => {
    const random = randomStream(11, "coverage", name);
    return Array.from({ length: n }, () => random.chance(rate)).flatMap((failed, patient) =>
      Array.from({ length: imagesPerPatient }, (_, image) => ({
        id: `${patient}/${image}`,
        patient: `p${patient}`,
        truth: [],
        predicted: failed ? null : [],
        failure: failed ? "cut off" : null,
      })),
    );
  };
  const rateOf = (readings: readonly Reading[], resamples: number) =>
    evaluate({ model: "m", data: "d", stated: LABELS.slice(0, 1), readings }, { matched: [], resamples })
      .failureRate;

  it("covers the true rate about as often as it claims", () => {
    const trials = 400;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = rateOf(failing(120, 1, 0.3, trial), 400);
      if (low !== null && high !== null && low <= 0.3 && 0.3 <= high) covered++;
    }
    // 95 % claimed; the standard error of 400 trials is 1.1 points, and the percentile interval is a little short.
    expect(covered / trials).toBeGreaterThan(0.91);
    expect(covered / trials).toBeLessThan(0.985);
  });

  it("takes patients, not images, as its units", () => {
    const width = ({ low, high }: { low: number | null; high: number | null }) => (high ?? 0) - (low ?? 0);
    const once = width(rateOf(failing(200, 1, 0.3, "width"), 4000));
    const fourTimes = width(rateOf(failing(200, 4, 0.3, "width"), 4000));
    // The same patients, each image four times: no more is known than before.
    expect(fourTimes).toBeCloseTo(once, 10);
    // The normal approximation: 2 * 1.96 * sqrt(p (1 - p) / n).
    expect(once).toBeGreaterThan(0.115);
    expect(once).toBeLessThan(0.14);
  });
});
