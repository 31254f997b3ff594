import path from "node:path";
import { type BestOf, bestOf } from "../evaluation/best-of.ts";
import type { Results } from "../evaluation/results-table.ts";
import type { RecipeReport } from "../report/recipe-report.ts";
import { countText } from "../util/count-text.ts";
import type { Study } from "./load-study.ts";
import { readResults } from "./read-results.ts";
import { type Recipe, recipesOf } from "./recipes.ts";
import { RESULTS_FILE } from "./stages/report-stage.ts";
import { studyModels } from "./study-model.ts";

type Row = Results["rows"][number];

/**
 * The results of all variants: one row a variant and model, or the mean over the seeds of a recipe that has several; what
 * is the same in every variant (readers without a picture, a common base) once. Scores of labels are of single trainings.
 */
export async function wholeResults(study: Study, recipes: readonly RecipeReport[]): Promise<Results> {
  const all = new Map(
    await Promise.all(
      study.variants.map(
        async ({ name, study: { folder } }) =>
          [name, await readResults(path.join(folder, RESULTS_FILE))] as const,
      ),
    ),
  );
  const results = [...all.values()];
  const isCommon = commonIn(results.map(({ rows }) => rows));
  const isCommonScore = commonIn(results.map(({ labelScores }) => labelScores));
  // A model that is a mean over seeds somewhere has its variant's name everywhere.
  const seeded = new Set(recipes.flatMap(({ rows }) => rows.map(({ model }) => model)));
  const rows = recipesOf(study).flatMap((recipe, index) => {
    const trainings = recipe.trainings.map(({ name }) => all.get(name)?.rows ?? []);
    const prefix = recipe.name === null ? "" : `${recipe.name} `;
    const means = recipes.find((report) => report.recipe === recipe.name)?.rows ?? [];
    return (trainings[0] ?? []).flatMap((row): Row[] => {
      const mean = means.find((other) => isSame(other, row));
      if (mean !== undefined)
        return [
          {
            ...row,
            ...mean,
            model: `${prefix}${row.model}, ${countText(mean.seeds, "seed")}`,
            bestOf: bestOfSeeds(recipe, trainings, row),
          },
        ];
      if (seeded.has(row.model) || !isCommon(row)) return [{ ...row, model: `${prefix}${row.model}` }];
      return index === 0 ? [row] : [];
    });
  });
  const labelScores = study.variants.flatMap(({ name }, index) =>
    (all.get(name)?.labelScores ?? []).flatMap((score) => {
      if (!isCommonScore(score)) return [{ ...score, model: `${name} ${score.model}` }];
      return index === 0 ? [score] : [];
    }),
  );
  return { schema: "chexreason.results/1", rows, labelScores };
}

/** Whether something stands in every list, to the letter. */
function commonIn<T>(lists: readonly (readonly T[])[]): (item: T) => boolean {
  const texts = lists.map((list) => new Set(list.map((item) => JSON.stringify(item))));
  return (item) => texts.every((others) => others.has(JSON.stringify(item)));
}

const isSame = (
  a: Pick<Row, "model" | "data" | "labels">,
  b: Pick<Row, "model" | "data" | "labels">,
): boolean => a.model === b.model && a.data === b.data && a.labels === b.labels;

/** What the trainings of a recipe picked, each once. */
function bestOfSeeds(recipe: Recipe, trainings: readonly (readonly Row[])[], row: Row): BestOf | null {
  const config = recipe.trainings[0]?.study.config;
  if (config === undefined) return null;
  const picked = trainings.flatMap((rows) => rows.find((other) => isSame(other, row))?.bestOf?.choices ?? []);
  const texts = picked.map((choice) => JSON.stringify(choice));
  const choices = picked.filter((_, index) => texts.indexOf(texts[index] ?? "") === index);
  return bestOf(choices, studyModels(config), row.model);
}
