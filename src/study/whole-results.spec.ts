import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { acrossSeeds } from "../evaluation/across-seeds.ts";
import { bestOf } from "../evaluation/best-of.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { type Results, resultsTable } from "../evaluation/results-table.ts";
import { seedsRows } from "../evaluation/seeds-rows.ts";
import type { RecipeReport } from "../report/recipe-report.ts";
import { writeJsonAtomic } from "../util/files.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy } from "./load-study.ts";
import { wholeResults } from "./whole-results.ts";

const scratch = scratchFolder();
const file = path.join(scratch, "study.yaml");
const STUDY = `schema: chexreason.study/1
name: small
folder: ${JSON.stringify(path.join(scratch, "out"))}
model: { source: model }
data:
  here: { kind: phantom, site: phantom-mimic, images: 40, size: 64 }
  there: { kind: phantom, site: phantom-nih, images: 6, size: 64 }
cohort: { source: here }
teacher: { kind: worded }
grpo: null
evaluation: { sets: { there: {} } }
`;
const OPTIONS = { matched: ["Edema"] as const, resamples: 50, seed: 1 };

/** Three images, Edema on the first two; a reader that names it on so many of the three. */
const reader = (model: string, named: number): ReadingSet => ({
  model,
  data: "there",
  stated: ["Edema"],
  readings: [0, 1, 2].map((index) => ({
    id: `i${index}`,
    patient: `p${index}`,
    truth: index < 2 ? ["Edema"] : [],
    predicted: index < named ? ["Edema"] : [],
    failure: null,
  })),
});

/** What a training leaves: the base, the same for all, SFT, and a reader without a picture. */
function left(named: number, k: number): Results {
  const choices = [{ model: "sft", k, of: "checkpoints" }];
  const sets = [reader("base", 0), reader("sft", named), reader("always", 3)];
  const { rows, ...rest } = resultsTable(
    sets.map((set) => evaluate(set, OPTIONS)),
    [],
    (model) => ({ contaminations: [], bestOf: bestOf(choices, ["base", "sft"], model) }),
  );
  const estimate = { value: 0.5, low: 0.4, high: 0.6 };
  const score = { data: "there", n: 3, label: "Edema", support: 2, prevalence: 2 / 3 } as const;
  const scores = { auroc: estimate, auprc: estimate, brier: estimate, calibrationError: estimate };
  return {
    ...rest,
    rows,
    labelScores: [
      { ...score, ...scores, model: "base" },
      { ...score, ...scores, model: "sft", n: named },
    ],
  };
}

async function study(more: string, trainings: Readonly<Record<string, Results>>) {
  await writeFile(file, `${STUDY}${more}`);
  const loaded = await loadStudy(file);
  expect(loaded.variants.map(({ name }) => name)).toEqual(Object.keys(trainings));
  for (const { name, study: variant } of loaded.variants)
    await writeJsonAtomic(path.join(variant.folder, "reports/results.json"), trainings[name]);
  return loaded;
}
const report = (recipe: string | null, ...named: number[]): RecipeReport => ({
  recipe,
  scope: { kind: "recipe", seeds: named.map((_, index) => index) },
  rows: seedsRows(
    acrossSeeds(
      named.map((count) => reader("sft", count)),
      null,
      OPTIONS,
    ),
  ),
  differences: [],
  verdicts: { notJudged: "one hospital" },
});
const overAll = ({ rows }: Results) => rows.filter(({ labels }) => labels === "all");

describe("wholeResults", () => {
  it("has the mean of each trained model, and once what the seeds have in common", async () => {
    // F1 with one named: 2/3; with all three: 2 2 / (3 + 2) = 4/5; mean 11/15.
    const whole = await study("trainingSeeds: [1, 2]\n", { "seed-1": left(1, 3), "seed-2": left(3, 5) });
    const results = await wholeResults(whole, [report(null, 1, 3)]);
    expect(overAll(results).map(({ model }) => model)).toEqual(["base", "sft, 2 seeds", "always"]);
    const [, sft] = overAll(results);
    expect(sft?.macroF1.value).toBeCloseTo(11 / 15, 12);
    expect(sft).toMatchObject({
      seeds: 2,
      macroF1: { ofSeeds: [2 / 3, 4 / 5] },
      bestOf: { text: "best of 3 to 5" },
    });
    expect(results.labelScores.map(({ model }) => model)).toEqual(["base", "seed-1 sft", "seed-2 sft"]);
  });

  it("names the variant, also of one whose numbers are another's by chance", async () => {
    const whole = await study("variants: { one: {}, two: { trainingSeeds: [1, 2] } }\n", {
      one: left(1, 3),
      "two-seed-1": left(1, 3),
      "two-seed-2": left(1, 3),
    });
    const results = await wholeResults(whole, [report("two", 1, 1)]);
    expect(overAll(results).map(({ model }) => model)).toEqual([
      "base",
      "one sft",
      "always",
      "two sft, 2 seeds",
    ]);
  });

  it("has a row a variant where none has seeds", async () => {
    const whole = await study("variants: { one: {}, two: {} }\n", { one: left(1, 3), two: left(2, 3) });
    const results = await wholeResults(whole, []);
    expect(overAll(results).map(({ model }) => model)).toEqual(["base", "one sft", "always", "two sft"]);
    expect(overAll(results).map(({ macroF1 }) => macroF1.value)).toEqual([0, 2 / 3, 4 / 5, 1]);
  });
});
