import type { SeedsEstimate, SeedsEvaluation } from "./across-seeds.ts";
import type { Estimate } from "./interval.ts";
import type { ResultsRow } from "./results-table.ts";
import { rowScores } from "./row-scores.ts";
import type { SubsetName } from "./statistics.ts";

/** The scores of a row that are estimates. */
type ScoreName = {
  [Key in keyof ResultsRow]: ResultsRow[Key] extends Estimate ? Key : never;
}[keyof ResultsRow];

/**
 * A row of the results that is a mean over training seeds, or such a mean of differences to a baseline: each score with
 * its interval over seeds and patients, the seeds' own values and their spread. Not covered: scores of labels.
 */
export interface SeedsRow extends Omit<ResultsRow, ScoreName>, Readonly<Record<ScoreName, SeedsEstimate>> {
  readonly seeds: number;
  /** Null: the scores themselves. */
  readonly baseline: string | null;
}

/** The rows of an evaluation over seeds: all labels of the hospital, and those that every hospital states. */
export function seedsRows(evaluation: SeedsEvaluation): SeedsRow[] {
  return (["all", "matched"] as const).map((labels) => seedsRow(evaluation, labels));
}

function seedsRow(evaluation: SeedsEvaluation, labels: SubsetName): SeedsRow {
  const { model, baseline, data, n, patients, seeds, subsets, failureRate, views } = evaluation;
  return {
    model,
    baseline,
    data,
    labels,
    n,
    patients,
    seeds,
    labelCount: subsets[labels].length,
    failureRate: failureRate.value ?? 0,
    failureRateInterval: failureRate,
    ...rowScores(views, labels),
    labelScores: null,
  };
}
