import type { ObjectiveResult } from "./objective.ts";

/**
 * Group Relative Policy Optimization, as the paper describes it (Equation 2 and its text):
 *
 *   J = 1/N sum_i sum_j [ min(r_ij A_i, clip(r_ij, 1 - clipLow, 1 + clipHigh) A_i) - beta KL_ij ]
 *   r_ij = pi(t_ij) / pi_old(t_ij),   KL_ij = exp(d) - d - 1,  d = log pi_ref(t_ij) - log pi(t_ij)   (k3)
 *
 * and the loss is -J. Deviations from Equation 2, following the paper's own text: the clip is asymmetric, and N is
 * Dr. GRPO's constant (maximum tokens x completions) instead of each completion's length.
 */
export interface GrpoSettings {
  readonly clipLow: number;
  readonly clipHigh: number;
  /** Weight of the KL to the reference, in the loss. */
  readonly beta: number;
}

/** One completion as the loss sees it. All arrays are (T). */
export interface GrpoCompletion {
  readonly logprobs: readonly number[];
  /** Under the policy that sampled it, before the first update. */
  readonly oldLogprobs: readonly number[];
  readonly referenceLogprobs: readonly number[];
  readonly advantage: number;
}

/** How token terms are averaged. */
export type GrpoNormalisation =
  /** Dr. GRPO: by a constant, maximum new tokens x completions of the batch. The paper's. */
  | { readonly kind: "constant"; readonly maxTokens: number; readonly completions: number }
  /** DAPO: by the batch's tokens. */
  | { readonly kind: "batch-tokens"; readonly tokens: number }
  /** GRPO as published: each completion by its length, then by the completions. */
  | { readonly kind: "sequence-mean"; readonly completions: number };

/**
 * Loss, gradient and diagnostics over the completions given (a micro-batch; `normalisation` carries the whole batch's
 * sizes, so micro-batches add up).
 *
 * Sums: `kl` (k3), `ratio`, `clipped` (tokens where the clip removed the gradient).
 */
export function grpoObjective(
  completions: readonly GrpoCompletion[],
  { clipLow, clipHigh, beta }: GrpoSettings,
  normalisation: GrpoNormalisation,
): ObjectiveResult<"kl" | "ratio" | "clipped"> {
  const sums = { kl: 0, ratio: 0, clipped: 0 };
  let loss = 0;
  let tokens = 0;
  const gradient = completions.map(({ logprobs, oldLogprobs, referenceLogprobs, advantage }) => {
    const weight = tokenWeight(normalisation, logprobs.length);
    tokens += logprobs.length;
    return logprobs.map((logprob, j) => {
      const ratio = Math.exp(logprob - at(oldLogprobs, j));
      const clippedRatio = Math.min(Math.max(ratio, 1 - clipLow), 1 + clipHigh);
      const surrogate = Math.min(ratio * advantage, clippedRatio * advantage);
      // min() picks the clipped, constant branch exactly when it is the smaller one.
      const isClipped = clippedRatio * advantage < ratio * advantage;
      const surrogateGradient = isClipped ? 0 : ratio * advantage; // d ratio / d logprob = ratio

      const d = at(referenceLogprobs, j) - logprob;
      const kl = Math.exp(d) - d - 1;
      const klGradient = 1 - Math.exp(d);

      loss -= weight * (surrogate - beta * kl);
      sums.kl += kl;
      sums.ratio += ratio;
      if (isClipped) sums.clipped += 1;
      return -weight * (surrogateGradient - beta * klGradient);
    });
  });
  return { loss, gradient, tokens, sums };
}

function tokenWeight(normalisation: GrpoNormalisation, length: number): number {
  switch (normalisation.kind) {
    case "constant":
      return 1 / (normalisation.maxTokens * normalisation.completions);
    case "batch-tokens":
      return 1 / normalisation.tokens;
    case "sequence-mean":
      return 1 / (length * normalisation.completions);
  }
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined)
    throw new Error(`grpo: log-probabilities of different lengths (no token ${index})`);
  return value;
}
