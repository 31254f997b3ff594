/**
 * Precision, recall, F1 and balanced accuracy from counts. Reference: scikit-learn's precision_recall_fscore_support
 * with zero_division=0, and its balanced_accuracy_score.
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

/**
 * The mean of sensitivity and specificity: unlike F1 it does not move with the prevalence. NaN unless the truth has both
 * positives and negatives; scikit-learn then gives the one of the two that there is, which would have a resample
 * that loses a rare label's last positive score it anew.
 *
 * @param readings how many readings the counts are of; those not counted are true negatives
 */
export function balancedAccuracy(c: Confusion, readings: number): number {
  const positives = c.truePositive + c.falseNegative;
  const negatives = readings - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  return (c.truePositive / positives + (negatives - c.falsePositive) / negatives) / 2;
}
