import type { Label } from "../labels/label.ts";
import type { BestOf } from "./best-of.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Estimate } from "./interval.ts";
import { rowScores } from "./row-scores.ts";
import type { LabelScoreEvaluation } from "./score-metrics/evaluate-label-scores.ts";
import type { ScoreAverages } from "./score-metrics/label-scorer.ts";
import type { SubsetName } from "./statistics.ts";

/** One line of the results: one model, one hospital, one set of labels, as written, failed answers as empty. */
export interface ResultsRow {
  readonly model: string;
  readonly data: string;
  readonly labels: SubsetName;
  readonly n: number;
  readonly patients: number;
  /** The number of labels scored; where it is 0 the scores are null. */
  readonly labelCount: number;
  readonly failureRate: number;
  readonly failureRateInterval: Estimate;
  readonly macroPrecision: Estimate;
  readonly macroRecall: Estimate;
  readonly macroF1: Estimate;
  readonly microPrecision: Estimate;
  readonly microRecall: Estimate;
  readonly microF1: Estimate;
  /** Over readings with a positive label: failed answers as 0, and among the answers that could be read. */
  readonly jaccard: Estimate;
  readonly jaccardValid: Estimate;
  /** After upward closure of truth and answer. */
  readonly closedMacroF1: Estimate;
  readonly closedMicroF1: Estimate;
  /** How well the model's scores of the row's labels rank, on average; null where its answers were not scored. */
  readonly labelScores: RowScores | null;
}

/** What is said of a model beside its numbers on a hospital. */
export interface RowRemarks {
  /** One each for what of this hospital the model may have been trained on: "possible contamination: ... (source)". */
  readonly contaminations: readonly string[];
  /** What was picked as the best of several on the way to the model; null where nothing was. */
  readonly bestOf: BestOf | null;
}
export type RemarkedRow = ResultsRow & RowRemarks;

/** Averages over labels, failed answers as probability 0. */
export interface RowScores extends ScoreAverages<Estimate> {
  /** Images scored, which may be fewer than were read. */
  readonly n: number;
}

/** How well a model's scores of one label rank on one hospital, failed answers as probability 0. */
export interface LabelMetricsRow extends ScoreAverages<Estimate> {
  readonly model: string;
  readonly data: string;
  readonly n: number;
  readonly label: Label;
  readonly support: number;
  readonly prevalence: number;
}

/** The content of `results.json`. */
export interface Results {
  readonly schema: "chexreason.results/1";
  readonly rows: readonly RemarkedRow[];
  /** One a model, hospital and label; empty where nothing was scored. */
  readonly labelScores: readonly LabelMetricsRow[];
}

const ROW_SUBSETS = ["all", "matched"] as const satisfies readonly SubsetName[];

/** The results of several evaluations: for each, one row a label subset. */
export function resultsTable(
  evaluations: readonly Evaluation[],
  labelScores: readonly LabelScoreEvaluation[] = [],
  remarks: (model: string, data: string) => RowRemarks = () => ({ contaminations: [], bestOf: null }),
): Results {
  return {
    schema: "chexreason.results/1",
    rows: evaluations.flatMap((evaluation) => {
      const { model, data } = evaluation;
      const scored = labelScores.find((other) => other.model === model && other.data === data);
      return ROW_SUBSETS.map((labels) => ({
        ...resultsRow(evaluation, labels, scored),
        ...remarks(model, data),
      }));
    }),
    labelScores: labelScores.flatMap(({ model, data, n, scores }) =>
      scores["as-empty"].perLabel.map((own) => ({ model, data, n, ...own })),
    ),
  };
}

function resultsRow(
  evaluation: Evaluation,
  labels: SubsetName,
  scored: LabelScoreEvaluation | undefined,
): ResultsRow {
  return {
    model: evaluation.model,
    data: evaluation.data,
    labels,
    n: evaluation.n,
    patients: evaluation.patients,
    labelCount: evaluation.subsets[labels].length,
    failureRate: evaluation.failureRate.value ?? 0,
    failureRateInterval: evaluation.failureRate,
    ...rowScores(evaluation.views, labels),
    labelScores: scored === undefined ? null : { n: scored.n, ...scored.scores["as-empty"].macro[labels] },
  };
}
