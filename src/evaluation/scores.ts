/**
 * Precision, recall and F1 from counts. Reference: scikit-learn's precision_recall_fscore_support with
 * zero_division=0.
 */

/** 0/0 is 0. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Counts of one label, or of several summed. */
export interface Confusion {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
}

/** Of what was named, the share that is there. */
export function precision(c: Confusion): number {
  return ratio(c.truePositive, c.truePositive + c.falsePositive);
}

/** Of what is there, the share that was named. */
export function recall(c: Confusion): number {
  return ratio(c.truePositive, c.truePositive + c.falseNegative);
}

/** 2 TP / (2 TP + FP + FN). */
export function f1(c: Confusion): number {
  return ratio(2 * c.truePositive, 2 * c.truePositive + c.falsePositive + c.falseNegative);
}
