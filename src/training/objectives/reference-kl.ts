/** One token's distance from the reference, and its slope with respect to the policy's log-probability. */
export interface ReferenceKl {
  readonly value: number;
  readonly slope: number;
}

/**
 * Schulman's k3 estimate of KL(policy || reference) at one sampled token (GRPO, Shao et al. 2024, equation 4):
 *
 *   KL = exp(d) - d - 1,   d = log pi_ref - log pi,   dKL/d log pi = 1 - exp(d)
 *
 * Never negative; unbiased for tokens drawn from the policy itself.
 */
export function referenceKl(logprob: number, referenceLogprob: number): ReferenceKl {
  const d = referenceLogprob - logprob;
  return { value: Math.exp(d) - d - 1, slope: 1 - Math.exp(d) };
}
