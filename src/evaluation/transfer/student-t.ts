import { betaQuantile } from "../distributions/beta.ts";
import { normalQuantile } from "../distributions/normal.ts";

/** Past this many degrees of freedom t and normal quantiles agree to five digits. */
const ALMOST_NORMAL = 1e6;

/**
 * The value below which a t variable of these degrees of freedom (at least 1, need not be whole) lies with probability p.
 * For t > 0, P(T > t) = I(df / (df + t^2); df / 2, 1 / 2) / 2. Checked against scipy.stats.t.
 */
export function tQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -tQuantile(1 - p, degrees);
  if (degrees > ALMOST_NORMAL) return normalQuantile(p);
  const x = betaQuantile(2 * (1 - p), degrees / 2, 0.5);
  return Math.sqrt((degrees * (1 - x)) / x);
}
