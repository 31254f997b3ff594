import { halfBinomial, halfBinomialCdf } from "../distributions/binomial.ts";

/** Discordant pairs from which on the mid-p value is given too: the exact test's caution is a matter of small numbers. */
export const MID_P_FROM = 10;

export interface McNemar {
  /** Patients that only the one model read right, and only the other. */
  readonly onlyModel: number;
  readonly onlyBaseline: number;
  /** Two-sided exact binomial p. */
  readonly p: number;
  /** The exact p less half the chance of what was seen in each tail; null below `MID_P_FROM` discordant pairs. */
  readonly midP: number | null;
}

/**
 * McNemar's test on discordant pairs. Reference: statsmodels' mcnemar(exact=True), and for mid-p Fagerland, Lydersen and
 * Laake 2013, except that equal counts give 1.
 */
export function mcnemar(onlyModel: number, onlyBaseline: number): McNemar {
  const [fewer, all] = [Math.min(onlyModel, onlyBaseline), onlyModel + onlyBaseline];
  const twice = 2 * halfBinomialCdf(fewer, all);
  const midP = all < MID_P_FROM ? null : Math.min(1, twice - halfBinomial(fewer, all));
  return { onlyModel, onlyBaseline, p: Math.min(1, twice), midP };
}
