import { describe, expect, it } from "vitest";
import { dirichletEstimates } from "./rare-label.ts";

const alone = { patients: 100, readings: 100, level: 0.95 };

describe("dirichletEstimates", () => {
  it("gives the quantiles of the posterior", () => {
    // scipy 1.17: b = beta(3.5, 4).ppf([0.025, 0.975]), 2 b / (1 + b); beta(3.5, 1.5), beta(3.5, 2.5) for the others.
    const { f1, precision, recall } = dirichletEstimates(
      { truePositive: 3, falsePositive: 1, falseNegative: 2 },
      alone,
    );
    expect([f1.value, precision.value, recall.value]).toEqual([6 / 9, 3 / 4, 3 / 5]);
    expect([f1.low, f1.high]).toEqual([
      expect.closeTo(0.263183989596889, 12),
      expect.closeTo(0.887954978168299, 12),
    ]);
    expect([precision.low, precision.high]).toEqual([
      expect.closeTo(0.283751679563413, 12),
      expect.closeTo(0.971529104912853, 12),
    ]);
    expect([recall.low, recall.high]).toEqual([
      expect.closeTo(0.209416664076005, 12),
      expect.closeTo(0.905609672655656, 12),
    ]);
  });

  it("does not call an F1 of 0, or of 1, certain", () => {
    const nothing = dirichletEstimates({ truePositive: 0, falsePositive: 2, falseNegative: 4 }, alone).f1;
    expect(nothing.value).toBe(0);
    expect(nothing.high).toBeGreaterThan(0.2);
    const all = dirichletEstimates({ truePositive: 4, falsePositive: 0, falseNegative: 0 }, alone).f1;
    expect(all.value).toBe(1);
    expect(all.low).toBeLessThan(0.9);
  });

  it("takes patients as units: four images each know no more than one", () => {
    const counts = { truePositive: 3, falsePositive: 1, falseNegative: 2 };
    const fourfold = { truePositive: 12, falsePositive: 4, falseNegative: 8 };
    expect(dirichletEstimates(fourfold, { ...alone, readings: 400 })).toEqual(
      dirichletEstimates(counts, alone),
    );
  });

  it("is null without readings", () => {
    const none = { value: null, low: null, high: null };
    const nothing = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
    expect(dirichletEstimates(nothing, { patients: 0, readings: 0, level: 0.95 }).f1).toEqual(none);
  });
});
