import type { Label } from "../../labels/label.ts";
import { bcaInterval } from "../bca-interval.ts";
import { type EstimateOptions, type FullEstimate, LEVEL, RESAMPLES } from "../estimate-tree.ts";
import { percentileInterval } from "../interval.ts";
import type { FailedAs } from "../label-sheet.ts";
import { drawPatients } from "../resample.ts";
import { LabelScorer, type ScoredReading, type ScoreTable } from "./label-scorer.ts";

/** Threshold-free scores of one model on one hospital, failed answers read in one of the two ways. */
export interface ScoreEvaluation extends ScoreTable<FullEstimate> {
  /** as-empty: a failed answer gives every label probability 0, below all others; left-out: it is not counted. */
  readonly failed: FailedAs;
  readonly n: number;
  readonly patients: number;
}

export interface ScoreOptions extends EstimateOptions {
  /** The labels that every hospital compared states; default all that are scored. */
  readonly matched?: readonly Label[];
}

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
  const scorer = new LabelScorer(readings, labels, failed, matched);
  const patients = scorer.patients.length;
  const table = (size: number) => Array.from({ length: scorer.leaves }, () => new Float64Array(size));
  const times = new Float64Array(patients);

  const values = table(1);
  scorer.score(times.fill(1), values, 0);
  const replicates = table(resamples);
  drawPatients(patients, { resamples, seed }, (drawn, draw) => {
    times.fill(0);
    for (const patient of drawn) times[patient] = (times[patient] as number) + 1;
    scorer.score(times, replicates, draw);
  });
  const without = table(full ? patients : 0);
  for (let patient = 0; full && patient < patients; patient++) {
    times.fill(1)[patient] = 0;
    scorer.score(times, without, patient);
  }
  const estimate = (leaf: number): FullEstimate => {
    const value = values[leaf]?.[0] ?? Number.NaN;
    const drawn = replicates[leaf] ?? new Float64Array();
    const plain = percentileInterval(value, drawn, level);
    const bca = full ? { bca: bcaInterval(value, drawn, without[leaf] ?? new Float64Array(), level) } : {};
    return { ...plain, ...bca };
  };
  return { failed, n: scorer.n, patients, ...scorer.table(estimate) };
}
