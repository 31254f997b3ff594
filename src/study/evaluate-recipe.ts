import path from "node:path";
import { acrossSeeds, type SeedsEvaluation } from "../evaluation/across-seeds.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { type SeedScores, scoresAcrossSeeds } from "../evaluation/score-metrics/scores-across-seeds.ts";
import { matchedLabels } from "../labels/convention.ts";
import type { OnProgress } from "../util/progress.ts";
import { readingSet, testSet } from "./reading-sets.ts";
import type { Recipe } from "./recipes.ts";
import { statedBy } from "./stages/data-stage.ts";
import { studyLabelScores } from "./study-label-scores.ts";
import { studyReaders } from "./study-reader.ts";

/** A recipe's trained models over its seeds. */
export interface RecipeEvaluation {
  readonly evaluations: readonly SeedsEvaluation[];
  /** Each model against the one that it came from, seed by seed. */
  readonly differences: readonly SeedsEvaluation[];
  /** Of both, where answers were scored label by label. */
  readonly labelScores: readonly SeedScores[];
}

/** Scores what the trainings of a recipe left: every trained model on every hospital. */
export async function evaluateRecipe(recipe: Recipe, onProgress: OnProgress): Promise<RecipeEvaluation> {
  const [first] = recipe.trainings;
  if (first === undefined) throw new Error("evaluateRecipe: a recipe without a training");
  const { config } = first.study;
  const hospitals = Object.keys(config.evaluation.sets);
  const matched = matchedLabels(hospitals.map((name) => statedBy(config, name)));
  const options = { matched, resamples: config.evaluation.resamples, seed: config.seed };
  const readers = studyReaders(config);
  const trained = readers.filter(({ model }) => model !== "base");
  const total = hospitals.length * trained.length;
  const evaluations: SeedsEvaluation[] = [];
  const differences: SeedsEvaluation[] = [];
  const labelScores: SeedScores[] = [];
  for (const data of hospitals) {
    const cohort = await testSet(first.study, data);
    const setsOf = async (id: string | null): Promise<ReadingSet[]> => {
      const reader = readers.find((one) => one.id === id);
      if (reader === undefined) return [];
      return Promise.all(recipe.trainings.map(({ study }) => readingSet(study, reader, cohort, data)));
    };
    const scored = await Promise.all(
      recipe.trainings.map(({ study }) => {
        const at = (...parts: string[]): string => path.join(study.folder, ...parts);
        return studyLabelScores({ study, path: at }, data, cohort);
      }),
    );
    const scoresOf = (id: string | null) =>
      scored.flatMap((sets) => sets.filter(({ model }) => model === id));
    for (const { id, baseline } of trained) {
      onProgress({ done: evaluations.length, total, unit: "models over seeds" });
      const [sets, before] = [await setsOf(id), await setsOf(baseline)];
      evaluations.push(acrossSeeds(sets, null, options));
      if (before.length > 0) differences.push(acrossSeeds(sets, before, options));
      const [scores, earlier] = [scoresOf(id), scoresOf(baseline)];
      if (scores.length > 0) labelScores.push(scoresAcrossSeeds(scores, null, options));
      if (scores.length > 0 && earlier.length > 0)
        labelScores.push(scoresAcrossSeeds(scores, earlier, options));
    }
  }
  return { evaluations, differences, labelScores };
}
