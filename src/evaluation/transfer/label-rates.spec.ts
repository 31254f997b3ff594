import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { f1 } from "../scores.ts";
import { balancedAccuracy, f1AtPrevalence, labelRates } from "./label-rates.ts";

describe("labelRates", () => {
  it("are TP of the positives and TN of the negatives", () => {
    // 10 positives of which 8 named; 90 negatives of which 9 named.
    expect(labelRates({ truePositive: 8, falsePositive: 9, falseNegative: 2, n: 100 })).toEqual({
      sensitivity: 0.8,
      specificity: 0.9,
    });
  });

  it("are not defined without a positive, or without a negative", () => {
    expect(labelRates({ truePositive: 0, falsePositive: 3, falseNegative: 0, n: 9 })).toBeNull();
    expect(labelRates({ truePositive: 4, falsePositive: 0, falseNegative: 5, n: 9 })).toBeNull();
  });
});

describe("f1AtPrevalence", () => {
  it("is the hand-worked value", () => {
    // p = 0.1: TP 0.08, FP 0.09, FN 0.02, so 0.16 / 0.27. p = 0.5: TP 0.4, FP 0.05, FN 0.1, so 0.8 / 0.95.
    const rates = { sensitivity: 0.8, specificity: 0.9 };
    expect(f1AtPrevalence(rates, 0.1)).toBeCloseTo(16 / 27, 12);
    expect(f1AtPrevalence(rates, 0.5)).toBeCloseTo(16 / 19, 12);
  });

  it("is 2p / (1 + p) for a reader that names the label every time", () => {
    expect(f1AtPrevalence({ sensitivity: 1, specificity: 0 }, 0.302)).toBeCloseTo(0.604 / 1.302, 12);
  });

  it("is F1 itself at the images' own prevalence", () => {
    const count = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(count, count, count, count, (truePositive, falsePositive, falseNegative, trueNegative) => {
        const counts = { truePositive, falsePositive, falseNegative };
        const n = truePositive + falsePositive + falseNegative + trueNegative;
        const rates = labelRates({ ...counts, n });
        fc.pre(rates !== null);
        expect(f1AtPrevalence(rates, (truePositive + falseNegative) / n)).toBeCloseTo(f1(counts), 10);
      }),
    );
  });

  it("never falls as the label gets more common", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const prevalence = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(share, share, prevalence, prevalence, (sensitivity, specificity, a, b) => {
        const rates = { sensitivity, specificity };
        const [rare, common] = [Math.min(a, b), Math.max(a, b)];
        expect(f1AtPrevalence(rates, common)).toBeGreaterThanOrEqual(f1AtPrevalence(rates, rare) - 1e-12);
      }),
    );
  });
});

describe("balancedAccuracy", () => {
  it("is a half for constant answers", () => {
    expect(balancedAccuracy({ sensitivity: 1, specificity: 0 })).toBe(0.5);
    expect(balancedAccuracy({ sensitivity: 0, specificity: 1 })).toBe(0.5);
    expect(balancedAccuracy({ sensitivity: 0.8, specificity: 0.9 })).toBeCloseTo(0.85, 12);
  });
});
