import { type ClipBounds, clippedSurrogate } from "./clipped-surrogate.ts";
import type { ObjectiveResult } from "./objective.ts";
import { referenceKl } from "./reference-kl.ts";
import { type GrpoNormalisation, tokenWeight } from "./token-weight.ts";

/**
 * Group Relative Policy Optimization, as the paper describes it (Equation 2 and its text):
 *
 *   J = 1/N sum_i sum_j [ min(r_ij A_i, clip(r_ij, 1 - clipLow, 1 + clipHigh) A_i) - beta KL_ij ]
 *   r_ij = pi(t_ij) / pi_old(t_ij),   KL_ij = exp(d) - d - 1,  d = log pi_ref(t_ij) - log pi(t_ij)   (k3)
 *
 * and the loss is -J. Deviations from Equation 2, following the paper's own text: the clip is asymmetric, and N is
 * Dr. GRPO's constant (maximum tokens x completions) instead of each completion's length; `token-weight.ts` has the
 * other averages, `advantage.ts` the advantages. Checked against TRL's loss (bench/parity/trl-grpo.json) with
 * `use_bias_correction_kl` off: TRL's default multiplies the KL by the ratio, which Equation 2 does not.
 */
export interface GrpoSettings extends ClipBounds {
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

/** Sums over tokens: `kl` (k3), `ratio`, and tokens where the clip removed the gradient at its lower or upper bound. */
export interface GrpoResult extends ObjectiveResult<"kl" | "ratio" | "clippedLow" | "clippedHigh"> {
  /** Of all tokens given; Infinity and -Infinity when there is none. */
  readonly ratioMin: number;
  readonly ratioMax: number;
}

/**
 * Loss, gradient and diagnostics over the completions given (a micro-batch; `normalisation` carries the whole batch's
 * sizes, so micro-batches add up).
 */
export function grpoObjective(
  completions: readonly GrpoCompletion[],
  { beta, ...clip }: GrpoSettings,
  normalisation: GrpoNormalisation,
): GrpoResult {
  const sums = { kl: 0, ratio: 0, clippedLow: 0, clippedHigh: 0 };
  let [loss, tokens] = [0, 0];
  let [ratioMin, ratioMax] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const gradient = completions.map(({ logprobs, oldLogprobs, referenceLogprobs, advantage }) => {
    const weight = tokenWeight(normalisation, logprobs.length);
    tokens += logprobs.length;
    return logprobs.map((logprob, j) => {
      const ratio = Math.exp(logprob - at(oldLogprobs, j));
      const surrogate = clippedSurrogate(ratio, advantage, clip);
      const kl = referenceKl(logprob, at(referenceLogprobs, j));
      loss -= weight * (surrogate.value - beta * kl.value);
      sums.kl += kl.value;
      sums.ratio += ratio;
      ratioMin = Math.min(ratioMin, ratio);
      ratioMax = Math.max(ratioMax, ratio);
      if (surrogate.clipped === "low") sums.clippedLow += 1;
      if (surrogate.clipped === "high") sums.clippedHigh += 1;
      return -weight * (surrogate.slope - beta * kl.slope);
    });
  });
  return { loss, gradient, tokens, sums, ratioMin, ratioMax };
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined)
    throw new Error(`grpo: log-probabilities of different lengths (no token ${index})`);
  return value;
}
