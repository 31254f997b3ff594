import { LABELS, type Label } from "../../labels/label.ts";
import { UserError } from "../../util/user-error.ts";
import { bcaInterval } from "../bca-interval.ts";
import { type EstimateOptions, type FullEstimate, LEVEL, RESAMPLES } from "../estimate-tree.ts";
import { percentileInterval } from "../interval.ts";
import type { FailedAs } from "../label-sheet.ts";
import { FREQUENT_FROM } from "../prepare.ts";
import { drawPatients } from "../resample.ts";
import { SUBSETS, type SubsetName } from "../statistics.ts";
import { brier, calibrationBins, calibrationError } from "./calibration.ts";
import { auroc, averagePrecision, type Ranked, rank } from "./ranking.ts";

/** One image with a model's probability for each label. */
export interface ScoredReading {
  readonly id: string;
  readonly patient: string;
  readonly truth: readonly Label[];
  /** Null where the model gave no answer to score. */
  readonly scores: Partial<Readonly<Record<Label, LabelProbability>>> | null;
}

/** A label's score, to rank by, and the probability that it stands for. */
export interface LabelProbability {
  readonly score: number;
  readonly probability: number;
}

export interface ScoreAverages<E> {
  readonly auroc: E;
  readonly auprc: E;
  readonly brier: E;
  readonly calibrationError: E;
}

export interface LabelScoreEstimates extends ScoreAverages<FullEstimate> {
  readonly label: Label;
  readonly support: number;
  /** The AUPRC of a reader that knows nothing. */
  readonly prevalence: number;
}

/** Threshold-free scores of one model on one hospital, failed answers read in one of the two ways. */
export interface ScoreEvaluation {
  /** as-empty: a failed answer gives every label probability 0, below all others; left-out: it is not counted. */
  readonly failed: FailedAs;
  readonly n: number;
  readonly patients: number;
  /** Over label subsets, see `SubsetName`. A label that a score is not defined for has no part. */
  readonly macro: Readonly<Record<SubsetName, ScoreAverages<FullEstimate>>>;
  readonly perLabel: readonly LabelScoreEstimates[];
}

export interface ScoreOptions extends EstimateOptions {
  /** The labels that every hospital compared states; default all that are scored. */
  readonly matched?: readonly Label[];
}

const METRICS = ["auroc", "auprc", "brier", "calibrationError"] as const;
type Metric = (typeof METRICS)[number];

/**
 * AUROC, AUPRC, Brier score and calibration error, with intervals over patients. In a resample that loses a label's
 * last positive its AUROC is not defined; such resamples are left out, also of the averages.
 */
export function evaluateScores(
  readings: readonly ScoredReading[],
  labels: readonly Label[],
  failed: FailedAs,
  options: ScoreOptions = {},
): ScoreEvaluation {
  const { resamples = RESAMPLES, seed = 0, level = LEVEL, full = false, matched = labels } = options;
  const kept = failed === "left-out" ? readings.filter(({ scores }) => scores !== null) : readings;
  const names = [...new Set(kept.map(({ patient }) => patient))].sort();
  const row = new Map(names.map((name, index) => [name, index]));
  const patientOf = Int32Array.from(kept, ({ patient }) => row.get(patient) ?? 0);
  const columns = LABELS.filter((label) => labels.includes(label)).map((label) => columnOf(kept, label));
  const isDefined = (metric: Metric, { support }: Column): boolean =>
    kept.length > 0 &&
    (metric === "brier" || metric === "calibrationError" || support > 0) &&
    (metric !== "auroc" || support < kept.length);
  const isIn: Readonly<Record<SubsetName, (column: Column) => boolean>> = {
    all: () => true,
    matched: ({ label }) => matched.includes(label),
    frequent: ({ support }) => support >= FREQUENT_FROM,
  };
  const groups = SUBSETS.map((name) => ({
    name,
    members: (metric: Metric) =>
      columns.flatMap((column, index) => (isDefined(metric, column) && isIn[name](column) ? [index] : [])),
  }));
  // (leaves) each label's four scores, then each group's four averages of them.
  const averages = groups.flatMap(({ members }) =>
    METRICS.map((metric, m) => ({ m, members: members(metric) })),
  );
  const leaves = METRICS.length * columns.length + averages.length;
  const score = (weights: ArrayLike<number>, into: readonly Float64Array[], draw: number): void => {
    columns.forEach((column, index) => {
      METRICS.forEach((metric, m) => {
        (into[METRICS.length * index + m] as Float64Array)[draw] = scoreOf(metric, column, weights);
      });
    });
    averages.forEach(({ m, members }, index) => {
      let sum = 0;
      for (const label of members) sum += (into[METRICS.length * label + m] as Float64Array)[draw] as number;
      (into[METRICS.length * columns.length + index] as Float64Array)[draw] = sum / members.length;
    });
  };
  const table = (size: number) => Array.from({ length: leaves }, () => new Float64Array(size));

  const values = table(1);
  score(new Float64Array(kept.length).fill(1), values, 0);
  const replicates = table(resamples);
  const times = new Float64Array(names.length);
  const weights = new Float64Array(kept.length);
  drawPatients(names.length, { resamples, seed }, (drawn, draw) => {
    times.fill(0);
    for (const patient of drawn) times[patient] = (times[patient] as number) + 1;
    for (let i = 0; i < weights.length; i++) weights[i] = times[patientOf[i] as number] as number;
    score(weights, replicates, draw);
  });
  const without = table(full ? names.length : 0);
  for (let patient = 0; full && patient < names.length; patient++) {
    score(
      Float64Array.from(patientOf, (of) => (of === patient ? 0 : 1)),
      without,
      patient,
    );
  }
  const estimate = (leaf: number): FullEstimate => {
    const value = values[leaf]?.[0] ?? Number.NaN;
    const drawn = replicates[leaf] ?? new Float64Array();
    const plain = percentileInterval(value, drawn, level);
    const bca = full ? { bca: bcaInterval(value, drawn, without[leaf] ?? new Float64Array(), level) } : {};
    return { ...plain, ...bca };
  };
  const four = (first: number): ScoreAverages<FullEstimate> => ({
    auroc: estimate(first),
    auprc: estimate(first + 1),
    brier: estimate(first + 2),
    calibrationError: estimate(first + 3),
  });
  const group = (index: number) => four(METRICS.length * (columns.length + index));
  return {
    failed,
    n: kept.length,
    patients: names.length,
    macro: Object.fromEntries(
      groups.map(({ name }, index) => [name, group(index)]),
    ) as ScoreEvaluation["macro"],
    perLabel: columns.map(({ label, support }, index) => ({
      label,
      support,
      prevalence: kept.length === 0 ? 0 : support / kept.length,
      ...four(METRICS.length * index),
    })),
  };
}

interface Column {
  readonly label: Label;
  readonly support: number;
  readonly truth: Uint8Array;
  readonly probabilities: Float64Array;
  readonly bins: Uint8Array;
  readonly ranked: Ranked;
}

function columnOf(readings: readonly ScoredReading[], label: Label): Column {
  const truth = Uint8Array.from(readings, (reading) => (reading.truth.includes(label) ? 1 : 0));
  const given = readings.map(({ id, scores }): LabelProbability => {
    if (scores === null) return { score: Number.NEGATIVE_INFINITY, probability: 0 };
    const own = scores[label];
    if (own === undefined || Number.isNaN(own.score) || !(own.probability >= 0 && own.probability <= 1)) {
      throw new UserError(
        `the scores of ${id}: ${label} has no score with a probability between 0 and 1; give one for every label`,
      );
    }
    return own;
  });
  const probabilities = Float64Array.from(given, ({ probability }) => probability);
  return {
    label,
    support: truth.reduce((sum, value) => sum + value, 0),
    truth,
    probabilities,
    bins: calibrationBins(probabilities),
    ranked: rank(
      truth,
      Float64Array.from(given, (own) => own.score),
    ),
  };
}

function scoreOf(
  metric: Metric,
  { truth, probabilities, bins, ranked }: Column,
  weights: ArrayLike<number>,
): number {
  switch (metric) {
    case "auroc":
      return auroc(ranked, weights);
    case "auprc":
      return averagePrecision(ranked, weights);
    case "brier":
      return brier(truth, probabilities, weights);
    case "calibrationError":
      return calibrationError(truth, probabilities, bins, weights);
  }
}
