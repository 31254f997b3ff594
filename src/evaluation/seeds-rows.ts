import type { SeedsEstimate, SeedsEvaluation } from "./across-seeds.ts";
import type { Estimate } from "./interval.ts";
import type { ResultsRow } from "./results-table.ts";
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
  const view = (closure: "raw" | "closed", failed: "as-empty" | "left-out") => {
    const found = views.find((v) => v.labels === labels && v.closure === closure && v.failed === failed);
    if (found === undefined) throw new Error(`seedsRow: no view ${labels}, ${closure}, ${failed}`);
    return found;
  };
  const raw = view("raw", "as-empty");
  const closed = view("closed", "as-empty");
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
    macroPrecision: raw.macro.precision,
    macroRecall: raw.macro.recall,
    macroF1: raw.macro.f1,
    microPrecision: raw.micro.precision,
    microRecall: raw.micro.recall,
    microF1: raw.micro.f1,
    jaccard: raw.jaccard,
    jaccardValid: view("raw", "left-out").jaccard,
    closedMacroF1: closed.macro.f1,
    closedMicroF1: closed.micro.f1,
    labelScores: null,
  };
}
