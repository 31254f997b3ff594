import type { Estimate } from "../evaluation/interval.ts";

/** Shown where a value is not defined. */
export const NOTHING = "–";

/** A number to the given digits; a negative zero loses its sign. */
export function formatNumber(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/** "0.512 [0.47, 0.55]". */
export function formatEstimate({ value, low, high }: Estimate): string {
  if (value === null) return NOTHING;
  const interval =
    low === null || high === null ? "" : ` [${formatNumber(low, 2)}, ${formatNumber(high, 2)}]`;
  return `${formatNumber(value, 3)}${interval}`;
}

/** A difference, with its sign: "+0.034 [-0.01, +0.08]". */
export function formatDifference({ value, low, high }: Estimate): string {
  if (value === null) return NOTHING;
  const interval = low === null || high === null ? "" : ` [${signed(low, 2)}, ${signed(high, 2)}]`;
  return `${signed(value, 3)}${interval}`;
}

function signed(value: number, digits: number): string {
  const text = formatNumber(value, digits);
  return Number(text) > 0 ? `+${text}` : text;
}

/** What a paired difference and its interval say. */
export type Direction = "higher" | "lower" | "undecided" | "undefined";

/** higher or lower where the whole interval lies on that side of 0. */
export function directionOf({ value, low, high }: Estimate): Direction {
  if (value === null || low === null || high === null) return "undefined";
  if (low > 0) return "higher";
  if (high < 0) return "lower";
  return "undecided";
}
