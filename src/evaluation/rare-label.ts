import { betaQuantile } from "./distributions/beta.ts";
import type { Estimate } from "./interval.ts";
import { type Confusion, f1, precision, recall } from "./scores.ts";
import type { Averages } from "./statistics.ts";

/** Jeffreys' prior: half a patient in each of the four cells. */
const PRIOR = 0.5;

/**
 * Intervals for a label too rare to resample. With a Dirichlet prior over the four cells (true and false, positive and
 * negative) what is known after counting is again a Dirichlet, under which TP / (TP + FP + FN) is a beta variable b,
 * and F1 = 2 b / (1 + b); likewise precision and recall: the bounds are exact quantiles, nothing is drawn. Unlike
 * resampling it does not call an F1 of 0 certain.
 *
 * Patients are the units: the counts are scaled so that they sum to the number of patients, as if all images of a
 * patient were one. A prior pulls: `value` is the plain score and may lie near an end of the interval.
 *
 * @param patients of `readings` readings
 */
export function dirichletEstimates(
  counts: Confusion,
  { patients, readings, level }: { patients: number; readings: number; level: number },
): Averages<Estimate> {
  if (readings === 0) {
    const none = { value: null, low: null, high: null };
    return { precision: none, recall: none, f1: none };
  }
  const scale = patients / readings;
  const hits = counts.truePositive * scale + PRIOR;
  const alarms = counts.falsePositive * scale + PRIOR;
  const misses = counts.falseNegative * scale + PRIOR;
  const tail = (1 - level) / 2;
  const estimate = (value: number, others: number, score: (share: number) => number): Estimate => ({
    value,
    low: score(betaQuantile(tail, hits, others)),
    high: score(betaQuantile(1 - tail, hits, others)),
  });
  return {
    precision: estimate(precision(counts), alarms, (share) => share),
    recall: estimate(recall(counts), misses, (share) => share),
    f1: estimate(f1(counts), alarms + misses, (share) => (2 * share) / (1 + share)),
  };
}
