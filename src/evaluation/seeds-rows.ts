import type { SeedsEstimate, SeedsEvaluation } from "./across-seeds.ts";
import type { Estimate } from "./interval.ts";
import type { ResultsRow } from "./results-table.ts";
import { rowScores } from "./row-scores.ts";
import type { ScoreAverages } from "./score-metrics/label-scorer.ts";
import type { SeedScores } from "./score-metrics/scores-across-seeds.ts";
import type { SubsetName } from "./statistics.ts";

/** The scores of a row that are estimates. */
type ScoreName = {
  [Key in keyof ResultsRow]: ResultsRow[Key] extends Estimate ? Key : never;
}[keyof ResultsRow];

/**
 * A row of the results that is a mean over training seeds, or such a mean of differences to a baseline: each score with
 * its interval over seeds and patients, the seeds' own values and their spread.
 */
export interface SeedsRow
  extends Omit<ResultsRow, ScoreName | "labelScores">,
    Readonly<Record<ScoreName, SeedsEstimate>> {
  readonly seeds: number;
  /** Null: the scores themselves. */
  readonly baseline: string | null;
  /** Averages over the row's labels, and how many images were scored; null where answers were not scored. */
  readonly labelScores: (ScoreAverages<SeedsEstimate> & { readonly n: number }) | null;
}

/**
 * The rows of an evaluation over seeds: all labels of the hospital, and those that every hospital states.
 * @param labelScores of any models and hospitals; the row's own are taken
 */
export function seedsRows(evaluation: SeedsEvaluation, labelScores: readonly SeedScores[] = []): SeedsRow[] {
  const scores = labelScores.find(
    ({ model, baseline, data }) =>
      model === evaluation.model && baseline === evaluation.baseline && data === evaluation.data,
  );
  return (["all", "matched"] as const).map((labels) => ({
    ...seedsRow(evaluation, labels),
    labelScores: scores === undefined ? null : { n: scores.n, ...scores.macro[labels] },
  }));
}

function seedsRow(evaluation: SeedsEvaluation, labels: SubsetName): Omit<SeedsRow, "labelScores"> {
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
  };
}
