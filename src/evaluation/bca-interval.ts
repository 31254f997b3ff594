import { normalCdf, normalQuantile } from "./distributions/normal.ts";
import { quantile } from "./interval.ts";

export interface Bounds {
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * The bias-corrected and accelerated bootstrap interval (Efron 1987): percentiles of the replicates, moved by how far
 * the replicates lie to one side of the value and by how the value's spread changes with it (the jackknife's skewness).
 * Undefined replicates are left out, as in the percentile interval.
 *
 * Reference: scipy.stats.bootstrap(method="BCa"). Deviation: where every jackknife value is the same scipy gives NaN;
 * here the acceleration is 0. Where every replicate lies on one side of the value there is no such interval, and the
 * bounds are null.
 *
 * @param jackknife the value with each patient left out in turn
 */
export function bcaInterval(
  value: number,
  replicates: Float64Array,
  jackknife: Float64Array,
  level: number,
): Bounds {
  if (Number.isNaN(value)) return { low: null, high: null };
  const sorted = replicates.filter((replicate) => !Number.isNaN(replicate)).sort();
  const bias = normalQuantile(shareBelow(value, sorted));
  if (!Number.isFinite(bias)) return { low: null, high: null };
  const a = acceleration(jackknife);
  const at = (tail: number): number | null => {
    const shifted = bias + normalQuantile(tail);
    return quantile(sorted, normalCdf(bias + shifted / (1 - a * shifted)));
  };
  const tail = (1 - level) / 2;
  return { low: at(tail), high: at(1 - tail) };
}

/** The share of replicates below the value, those equal to it counted half. */
function shareBelow(value: number, replicates: Float64Array): number {
  let [below, equal] = [0, 0];
  for (const replicate of replicates) {
    if (replicate < value) below++;
    else if (replicate === value) equal++;
  }
  return (below + equal / 2) / replicates.length;
}

function acceleration(jackknife: Float64Array): number {
  const values = jackknife.filter((value) => !Number.isNaN(value));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    const away = mean - value;
    squares += away ** 2;
    cubes += away ** 3;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}
