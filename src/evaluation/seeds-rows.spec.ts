import { expect, it } from "vitest";
import { acrossSeeds } from "./across-seeds.ts";
import { evaluate } from "./evaluate.ts";
import type { ReadingSet } from "./reading.ts";
import { resultsTable } from "./results-table.ts";
import { seedsRows } from "./seeds-rows.ts";

/** Four images, two labels; the answers of one training. */
function training(...named: readonly (readonly ("Edema" | "Pneumonia")[])[]): ReadingSet {
  const truths = [["Edema"], ["Edema", "Pneumonia"], ["Pneumonia"], []] as const;
  return {
    model: "sft",
    data: "d",
    stated: ["Edema", "Pneumonia"],
    readings: truths.map((truth, index) => ({
      id: `i${index}`,
      patient: `p${index}`,
      truth,
      predicted: named[index] ?? null,
      failure: named[index] === undefined ? "no answer" : null,
    })),
  };
}

it("are the means of the trainings' own rows, score by score", () => {
  const options = { matched: ["Edema"] as const, resamples: 50, seed: 1 };
  const sets = [
    training(["Edema"], ["Edema"], ["Pneumonia"], []),
    training([], ["Edema", "Pneumonia"], ["Edema"]),
    training(["Pneumonia"], ["Edema"], [], ["Edema"]),
  ];
  const rows = seedsRows(acrossSeeds(sets, null, options));
  const own = sets.map((set) => resultsTable([evaluate(set, options)]).rows);
  expect(rows.map(({ labels, labelCount, seeds, n }) => [labels, labelCount, seeds, n])).toEqual([
    ["all", 2, 3, 4],
    ["matched", 1, 3, 4],
  ]);
  const scores = [
    "failureRateInterval",
    "macroPrecision",
    "macroRecall",
    "macroF1",
    "microPrecision",
    "microRecall",
    "microF1",
    "jaccard",
    "jaccardValid",
    "closedMacroF1",
    "closedMicroF1",
  ] as const;
  for (const [index, row] of rows.entries())
    for (const score of scores) {
      const values = own.map((table) => table[index]?.[score].value ?? null);
      expect(row[score].ofSeeds, `${row.labels} ${score}`).toEqual(values);
      const mean = values.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0) / values.length;
      expect(row[score].value).toBeCloseTo(mean, 12);
    }
  // Micro-F1 of the first training: 3 of 3 named, 4 there: 2 3 / (3 + 4).
  expect(rows[0]?.microF1.ofSeeds[0]).toBeCloseTo(6 / 7, 12);
  // One of four answers failed in the second training alone: mean 1/12, standard deviation 0.25 / sqrt(3).
  expect(rows[0]?.failureRateInterval).toMatchObject({ ofSeeds: [0, 0.25, 0] });
  expect(rows[0]?.failureRateInterval.sd).toBeCloseTo(0.25 / Math.sqrt(3), 12);
});
