/**
 * The standard normal distribution. Absolute error below 1e-15; the far lower tail (below -8) is only that accurate
 * absolutely, which the resampling here never reaches: its smallest probability is half of one resample.
 * Source: Marsaglia, Evaluating the Normal Distribution, Journal of Statistical Software 11(4), 2004.
 */

/** Past this many standard deviations a double holds 0 or 1 only. */
const EDGE = 9;
/** Halvings of [-9, 9] until its ends are neighbouring doubles. */
const HALVINGS = 64;

/** P(Z <= x). */
export function normalCdf(x: number): number {
  if (x <= -EDGE) return 0;
  if (x >= EDGE) return 1;
  let term = x;
  let sum = x;
  for (let i = 3, before = 0; sum !== before; i += 2) {
    before = sum;
    term *= (x * x) / i;
    sum += term;
  }
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  return Math.min(1, Math.max(0, 0.5 + sum * density));
}

/** The x with P(Z <= x) = probability; infinite at 0 and 1. By halving, since it is asked for a few hundred times. */
export function normalQuantile(probability: number): number {
  if (!(probability > 0)) return probability === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (probability >= 1) return probability === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  let [low, high] = [-EDGE, EDGE];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
