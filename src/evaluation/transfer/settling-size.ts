import { normalQuantile } from "../distributions/normal.ts";

/** A difference with its interval. */
export interface SizedDifference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** With which probability the test sets asked for settle an open verdict. */
export const SETTLING_POWER = 0.8;

/**
 * By what factor both test sets would have to grow to settle an inconclusive verdict, if the differences seen are the
 * true ones and intervals shrink by the root of n; null where no size would (a difference that lies on a threshold, or a
 * rise away that the rules have no verdict for).
 *
 * To clear a threshold c with probability 0.8 a difference d, whose bound on that side is b at level 1 - alpha, needs
 *
 *     f = ((b - d) / (c - d))^2 ((z(1 - alpha/2) + z(0.8)) / z(1 - alpha/2))^2.
 *
 * A verdict needs the largest f of its conditions, and the cheapest verdict counts. Where a verdict has two conditions of
 * equal size its own probability is below 0.8, down to 0.64.
 *
 * What it does not know: the true differences. A difference near 0 asks for a number that says little more than "many".
 */
export function settlingFactor(
  home: SizedDifference,
  away: SizedDifference,
  delta: number,
  level: number,
): number | null {
  const above = ({ value, low }: SizedDifference, threshold: number): number =>
    value > threshold ? (Math.max(0, value - low) / (value - threshold)) ** 2 : Number.POSITIVE_INFINITY;
  const below = ({ value, high }: SizedDifference, threshold: number): number =>
    value < threshold ? (Math.max(0, high - value) / (threshold - value)) ** 2 : Number.POSITIVE_INFINITY;
  const cheapest = Math.min(
    Math.max(above(home, 0), below(away, 0)),
    Math.max(above(home, 0), above(away, -delta)),
    Math.max(below(home, 0), above(away, 0)),
    below(home, 0),
    below(away, 0),
    Math.max(above(home, -delta), below(home, delta), above(away, -delta), below(away, delta)),
  );
  if (!Number.isFinite(cheapest)) return null;
  const z = normalQuantile(1 - (1 - level) / 2);
  // The verdict is open at the present size, so less than that settles nothing.
  return Math.max(1, cheapest * ((z + normalQuantile(SETTLING_POWER)) / z) ** 2);
}
