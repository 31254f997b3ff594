import { type Estimate, percentileInterval } from "../interval.ts";
import { tQuantile } from "./student-t.ts";

/** A number with its bootstrap replicates; draw b is of the same patients in every quantity of one hospital. */
export interface Quantity {
  readonly value: number;
  readonly replicates: Float64Array;
}

/** A quantity made of others, draw by draw: a difference, a ratio. */
export function combine(parts: readonly Quantity[], of: (...values: number[]) => number): Quantity {
  const draws = parts[0]?.replicates.length ?? 0;
  const replicates = Float64Array.from({ length: draws }, (_, draw) =>
    of(...parts.map((part) => part.replicates[draw] ?? Number.NaN)),
  );
  return { value: of(...parts.map(({ value }) => value)), replicates };
}

/** What is known of a quantity where the recipe was run with several seeds: one quantity a seed. */
export type Runs = readonly Quantity[];

/**
 * The estimate of a quantity with its interval.
 *
 * One run: the percentile interval over draws of patients; it speaks of these checkpoints, not of the recipe.
 *
 * k runs: the mean over seeds, plus or minus t times the root of
 *
 *     V = s^2 / k + P,
 *
 * s^2 the variance of the runs' values, P the variance of the mean over runs of a draw of patients (runs that read the
 * same patients see the same draws). t has the degrees of freedom of Welch and Satterthwaite, P counting as known:
 * (k - 1) (V / (s^2 / k))^2. Chance that a run shares with no other run's patients is in both terms, so the interval
 * errs on the wide side.
 */
export function estimateOf(runs: Runs, level: number): Estimate {
  const [first] = runs;
  if (first === undefined) return { value: null, low: null, high: null };
  if (runs.length === 1) return percentileInterval(first.value, first.replicates, level);
  const value = mean(runs.map((run) => run.value));
  if (Number.isNaN(value)) return { value: null, low: null, high: null };
  const perRun = variance(runs.map((run) => run.value)) / runs.length;
  const draws = Array.from(first.replicates, (_, draw) =>
    mean(runs.map(({ replicates }) => replicates[draw] ?? Number.NaN)),
  );
  const total = perRun + variance(draws.filter((draw) => !Number.isNaN(draw)));
  // No spread between runs: all of the variance is the patients'.
  const degrees = perRun === 0 ? Number.POSITIVE_INFINITY : (runs.length - 1) * (total / perRun) ** 2;
  const half = tQuantile(1 - (1 - level) / 2, degrees) * Math.sqrt(total);
  return { value, low: value - half, high: value + half };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Unbiased. */
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}
