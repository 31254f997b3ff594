import type { Estimate } from "../interval.ts";

/** The 0.975 quantile of the standard normal distribution, squared. */
const Z_SQUARED = 1.959963984540054 ** 2;

/** A share of n with its 95 % score interval (Wilson, 1927), which stays in [0, 1]; all null for none of none. */
export function wilsonInterval(count: number, n: number): Estimate {
  if (n === 0) return { value: null, low: null, high: null };
  const value = count / n;
  const centre = (value + Z_SQUARED / (2 * n)) / (1 + Z_SQUARED / n);
  const half = Math.sqrt((value * (1 - value) + Z_SQUARED / (4 * n)) * (Z_SQUARED / n)) / (1 + Z_SQUARED / n);
  return { value, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
