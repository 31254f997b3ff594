/** Bins of the calibration error: [0, 0.1], (0.1, 0.2], ... */
export const CALIBRATION_BINS = 10;

/**
 * The mean squared distance of probability and truth; NaN without readings. Reference: scikit-learn's brier_score_loss.
 * (n) each; `weights` says how often each reading is counted.
 */
export function brier(truth: Uint8Array, probabilities: Float64Array, weights: ArrayLike<number>): number {
  let [sum, readings] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    const weight = weights[i] as number;
    sum += weight * ((probabilities[i] as number) - (truth[i] as number)) ** 2;
    readings += weight;
  }
  return sum / readings;
}

/**
 * The bin of each probability; an edge belongs to the bin below it. As scikit-learn's
 * calibration_curve(strategy="uniform") has them.
 */
export function calibrationBins(probabilities: Float64Array): Uint8Array {
  const edges = Array.from({ length: CALIBRATION_BINS - 1 }, (_, i) => (i + 1) * (1 / CALIBRATION_BINS));
  return Uint8Array.from(probabilities, (probability) => edges.filter((edge) => probability > edge).length);
}

/**
 * Expected calibration error: over ten bins of equal width, the distance of mean probability and share of positives,
 * weighted by the readings in the bin; NaN without readings. It is biased upward where bins hold few readings.
 *
 * @param bins as `calibrationBins` gives them
 */
export function calibrationError(
  truth: Uint8Array,
  probabilities: Float64Array,
  bins: Uint8Array,
  weights: ArrayLike<number>,
): number {
  const gaps = new Float64Array(CALIBRATION_BINS);
  let readings = 0;
  for (let i = 0; i < truth.length; i++) {
    const weight = weights[i] as number;
    const bin = bins[i] as number;
    const gap = (probabilities[i] as number) - (truth[i] as number);
    gaps[bin] = (gaps[bin] as number) + weight * gap;
    readings += weight;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / readings;
}
