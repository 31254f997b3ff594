/**
 * What a reader does with one label, free of how common the label is: F1 mixes the two, so two hospitals' F1 differ
 * even where the reader sees equally well in both.
 */
export interface LabelRates {
  /** TP / (TP + FN). */
  readonly sensitivity: number;
  /** TN / (TN + FP). */
  readonly specificity: number;
}

/** Rates from counts of images; null where the images hold no positive or no negative. */
export function labelRates(counts: {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  /** All images. */
  readonly n: number;
}): LabelRates | null {
  const { truePositive, falsePositive, falseNegative, n } = counts;
  const positives = truePositive + falseNegative;
  const negatives = n - positives;
  if (positives === 0 || negatives === 0) return null;
  return {
    sensitivity: truePositive / positives,
    specificity: (negatives - falsePositive) / negatives,
  };
}

/**
 * F1 that a reader of these rates has among images of which a share p holds the label. With sensitivity s and
 * specificity c, per image TP = p s, FN = p (1 - s), FP = (1 - p)(1 - c), hence
 *
 *     F1 = 2 TP / (2 TP + FP + FN) = 2 p s / (p (1 + s) + (1 - p)(1 - c)).
 *
 * @param prevalence p, in (0, 1]
 */
export function f1AtPrevalence({ sensitivity, specificity }: LabelRates, prevalence: number): number {
  const named = prevalence * (1 + sensitivity) + (1 - prevalence) * (1 - specificity);
  return (2 * prevalence * sensitivity) / named;
}

/** Mean of sensitivity and specificity: 0.5 for a reader that does not look, whatever it answers. */
export function balancedAccuracy({ sensitivity, specificity }: LabelRates): number {
  return (sensitivity + specificity) / 2;
}
