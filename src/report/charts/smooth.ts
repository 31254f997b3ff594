/** Weight of the past in the running mean, the paper's. */
export const SMOOTHING = 0.95;

/**
 * Exponential running mean, corrected for its start (each value is the weighted mean of those so far), so that the
 * first values are not drawn towards 0 or towards the first one.
 */
export function smooth(values: readonly number[], weight = SMOOTHING): number[] {
  let sum = 0;
  let norm = 0;
  return values.map((value) => {
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}
