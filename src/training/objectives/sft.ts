import type { ObjectiveResult } from "./objective.ts";

/**
 * Supervised fine-tuning: the negative log-likelihood of the teacher's tokens (the paper's Equation 1).
 *
 * The paper does not state how the sum is normalised. `token-mean` divides by the tokens of the effective batch, as
 * transformers' own loss does under gradient accumulation; `sequence-mean` by each trace's length, then by the traces.
 */
export type SftNormalisation = "token-mean" | "sequence-mean";

/** Sizes of the whole effective batch, so that micro-batches add up to the batch's loss. */
export interface SftBatchSize {
  readonly tokens: number;
  readonly sequences: number;
}

/** dL/dlogprob of each token of a completion: known before the forward pass, since the objective is linear. */
export function sftTokenWeight(length: number, batch: SftBatchSize, normalisation: SftNormalisation): number {
  return normalisation === "token-mean" ? -1 / batch.tokens : -1 / (length * batch.sequences);
}

/**
 * The batch's loss and gradient.
 * @param logprobs log pi(t_j | x, t_<j) of the teacher's tokens, (completions, tokens)
 */
export function sftObjective(
  logprobs: readonly (readonly number[])[],
  batch: SftBatchSize,
  normalisation: SftNormalisation,
): ObjectiveResult {
  let loss = 0;
  let tokens = 0;
  const gradient = logprobs.map((completion) => {
    const weight = sftTokenWeight(completion.length, batch, normalisation);
    for (const logprob of completion) loss += weight * logprob;
    tokens += completion.length;
    return completion.map(() => weight);
  });
  return { loss, gradient, tokens, sums: {} };
}
