/**
 * Percentile bootstrap intervals. What they do not do: for a label with 4 to 8 positives such an interval of F1 covers
 * only about half to two thirds of what it claims, and an F1 of 0 gives [0, 0]; such labels are described, not tested.
 */

/** A number with its interval; all null where it is not defined (no such labels, no reading). */
export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** A number and its percentile interval of the given level from its replicates; undefined replicates are left out. */
export function percentileInterval(value: number, replicates: Float64Array, level: number): Estimate {
  if (Number.isNaN(value)) return { value: null, low: null, high: null };
  const sorted = replicates.filter((replicate) => !Number.isNaN(replicate)).sort();
  const tail = (1 - level) / 2;
  return { value, low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
}

/**
 * Two-sided p of a difference being 0, from its bootstrap replicates: twice the smaller share of replicates on either
 * side of 0, itself included, the sample counted as one more draw (so never 0). Null where the value is not defined.
 */
export function bootstrapP(value: number, replicates: Float64Array): number | null {
  if (Number.isNaN(value)) return null;
  let [down, up, drawn] = [1, 1, 1];
  for (const replicate of replicates) {
    if (Number.isNaN(replicate)) continue;
    drawn++;
    if (replicate <= 0) down++;
    if (replicate >= 0) up++;
  }
  return Math.min(1, (2 * Math.min(down, up)) / drawn);
}

/** Quantile of ascending values, linear between order statistics (numpy's default, Hyndman and Fan's type 7). */
export function quantile(sorted: Float64Array, probability: number): number | null {
  const position = probability * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (position - Math.floor(position));
}
