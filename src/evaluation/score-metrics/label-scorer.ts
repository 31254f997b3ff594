import { LABELS, type Label } from "../../labels/label.ts";
import { UserError } from "../../util/user-error.ts";
import type { FailedAs } from "../label-sheet.ts";
import { FREQUENT_FROM } from "../prepare.ts";
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

export interface LabelScoreEstimates<E> extends ScoreAverages<E> {
  readonly label: Label;
  readonly support: number;
  /** The AUPRC of a reader that knows nothing. */
  readonly prevalence: number;
}

/** The four scores of every label, and their averages over label subsets (see `SubsetName`). */
export interface ScoreTable<E> {
  /** A label that a score is not defined for has no part. */
  readonly macro: Readonly<Record<SubsetName, ScoreAverages<E>>>;
  readonly perLabel: readonly LabelScoreEstimates<E>[];
}

const METRICS = ["auroc", "auprc", "brier", "calibrationError"] as const;
type Metric = (typeof METRICS)[number];

/** The scores of one set of readings, as functions of how often each patient is counted. */
export class LabelScorer {
  /** Readings that are counted, and the names of their patients, sorted. */
  readonly n: number;
  readonly patients: readonly string[];
  /** Each label's four scores, then each subset's four averages of them. */
  readonly leaves: number;
  /** (n) each reading's patient. */
  private readonly patientOf: Int32Array;
  private readonly columns: readonly Column[];
  private readonly averages: readonly { readonly metric: number; readonly members: readonly number[] }[];
  private readonly weights: Float64Array;

  /** @throws UserError where a reading lacks a label's score, or has one that is no probability. */
  constructor(
    readings: readonly ScoredReading[],
    labels: readonly Label[],
    failed: FailedAs,
    matched: readonly Label[],
  ) {
    const kept = failed === "left-out" ? readings.filter(({ scores }) => scores !== null) : readings;
    this.n = kept.length;
    this.patients = [...new Set(kept.map(({ patient }) => patient))].sort();
    const row = new Map(this.patients.map((name, index) => [name, index]));
    this.patientOf = Int32Array.from(kept, ({ patient }) => row.get(patient) ?? 0);
    this.columns = LABELS.filter((label) => labels.includes(label)).map((label) => columnOf(kept, label));
    const isDefined = (metric: Metric, { support }: Column): boolean =>
      kept.length > 0 &&
      (metric === "brier" || metric === "calibrationError" || support > 0) &&
      (metric !== "auroc" || support < kept.length);
    const isIn: Readonly<Record<SubsetName, (column: Column) => boolean>> = {
      all: () => true,
      matched: ({ label }) => matched.includes(label),
      frequent: ({ support }) => support >= FREQUENT_FROM,
    };
    this.averages = SUBSETS.flatMap((name) =>
      METRICS.map((metric, m) => ({
        metric: m,
        members: this.columns.flatMap((column, index) =>
          isDefined(metric, column) && isIn[name](column) ? [index] : [],
        ),
      })),
    );
    this.leaves = METRICS.length * this.columns.length + this.averages.length;
    this.weights = new Float64Array(kept.length);
  }

  /**
   * Writes every leaf's score into one column of a table. (leaves, draws)
   * @param times (patients) how often each is counted
   */
  score(times: ArrayLike<number>, into: readonly Float64Array[], draw: number): void {
    const { weights, patientOf, columns } = this;
    for (let i = 0; i < weights.length; i++) weights[i] = times[patientOf[i] as number] as number;
    columns.forEach((column, index) => {
      METRICS.forEach((metric, m) => {
        (into[METRICS.length * index + m] as Float64Array)[draw] = scoreOf(metric, column, weights);
      });
    });
    this.averages.forEach(({ metric, members }, index) => {
      let sum = 0;
      for (const label of members)
        sum += (into[METRICS.length * label + metric] as Float64Array)[draw] as number;
      (into[METRICS.length * columns.length + index] as Float64Array)[draw] = sum / members.length;
    });
  }

  /** The leaves by name. */
  table<E>(estimate: (leaf: number) => E): ScoreTable<E> {
    const four = (first: number): ScoreAverages<E> => ({
      auroc: estimate(first),
      auprc: estimate(first + 1),
      brier: estimate(first + 2),
      calibrationError: estimate(first + 3),
    });
    const subset = (index: number) => four(METRICS.length * (this.columns.length + index));
    return {
      macro: Object.fromEntries(
        SUBSETS.map((name, index) => [name, subset(index)]),
      ) as ScoreTable<E>["macro"],
      perLabel: this.columns.map(({ label, support }, index) => ({
        label,
        support,
        prevalence: this.n === 0 ? 0 : support / this.n,
        ...four(METRICS.length * index),
      })),
    };
  }
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
