import { logGamma } from "./log-gamma.ts";

/** P(X = k) for X of Binomial(n, 1/2). */
export function halfBinomial(k: number, n: number): number {
  return Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2);
}

/** P(X <= k) for X of Binomial(n, 1/2). */
export function halfBinomialCdf(k: number, n: number): number {
  let sum = 0;
  for (let i = 0; i <= k; i++) sum += halfBinomial(i, n);
  return Math.min(1, sum);
}
