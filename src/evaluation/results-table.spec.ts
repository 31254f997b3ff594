import { describe, expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";
import type { Reading, ReadingSet } from "./reading.ts";
import { resultsTable } from "./results-table.ts";

const reading = (id: string, truth: Reading["truth"], predicted: Reading["predicted"]): Reading => ({
  id,
  patient: id,
  truth,
  predicted,
  failure: predicted === null ? "cut off" : null,
});
const set: ReadingSet = {
  model: "sft",
  data: "phantom-chexpert",
  stated: ["Cardiomegaly", "Enlarged Cardiomediastinum", "Edema"],
  readings: [
    reading("a", ["Enlarged Cardiomediastinum"], ["Cardiomegaly"]),
    reading("b", ["Edema"], ["Edema"]),
    reading("c", ["Edema"], null),
    reading("d", [], []),
  ],
};

describe("resultsTable", () => {
  const { schema, rows } = resultsTable([evaluate(set, { matched: ["Edema"], resamples: 200 })]);
  const [all, matched] = rows;

  it("has one row for all labels and one for the matched ones", () => {
    expect(schema).toBe("chexreason.results/1");
    expect(rows.map(({ model, data, labels, n }) => [model, data, labels, n])).toEqual([
      ["sft", "phantom-chexpert", "all", 4],
      ["sft", "phantom-chexpert", "matched", 4],
    ]);
  });

  it("holds the hand-worked scores", () => {
    // Edema: TP 1, FN 1. Cardiomegaly: FP 1. Enlarged Cardiomediastinum: FN 1, and TP 1 after closure.
    expect(all?.failureRate).toBe(0.25);
    expect(all?.macroPrecision.value).toBeCloseTo(1 / 3, 12);
    expect(all?.macroRecall.value).toBeCloseTo(1 / 2 / 3, 12);
    expect(all?.macroF1.value).toBeCloseTo(2 / 3 / 3, 12);
    expect(all?.microPrecision.value).toBeCloseTo(1 / 2, 12);
    expect(all?.microRecall.value).toBeCloseTo(1 / 3, 12);
    expect(all?.microF1.value).toBeCloseTo(2 / 5, 12);
    expect(all?.closedMacroF1.value).toBeCloseTo((2 / 3 + 1) / 3, 12);
    expect(all?.jaccard.value).toBeCloseTo(1 / 3, 12);
    expect(all?.jaccardValid.value).toBeCloseTo(1 / 2, 12);
    expect(matched?.labelCount).toBe(1);
    expect(matched?.macroF1.value).toBeCloseTo(2 / 3, 12);
  });

  it("has an interval around every value", () => {
    for (const row of rows) {
      for (const { value, low, high } of [row.failureRateInterval, row.macroF1, row.microF1, row.jaccard]) {
        expect(low).toBeLessThanOrEqual(value ?? Number.NaN);
        expect(high).toBeGreaterThanOrEqual(value ?? Number.NaN);
      }
    }
  });

  it("has null values where a set has no such labels", () => {
    const [, none] = resultsTable([evaluate(set, { matched: ["Fracture"], resamples: 2 })]).rows;
    expect(none?.macroF1).toEqual({ value: null, low: null, high: null });
    expect(none?.labelCount).toBe(0);
  });
});
