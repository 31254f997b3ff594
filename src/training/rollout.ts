import { parseCompletion } from "../completions/parse-completion.ts";
import type { ParsedCompletion } from "../completions/parsed-completion.ts";
import type { Engine, SampledCompletion } from "../engine/engine.ts";
import type { Label } from "../labels/label.ts";
import type { AnswerContract } from "../prompts/prompt.ts";
import type { RewardedCompletion, RewardScore } from "../rewards/reward.ts";
import { seed64 } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { type RolloutGroup, sizedGroup } from "./grpo-update.ts";
import { forEachMicroBatch, type MicroBatching } from "./micro-batches.ts";

/** An image to learn from: its prompt and the labels its hospital gives it. */
export interface GrpoExample {
  readonly id: string;
  readonly patient: string;
  readonly handle: string;
  /** Length of the prompt, image tokens included. */
  readonly promptTokens: number;
  /** Never empty: records without a positive label leave Jaccard undefined and are set aside before. */
  readonly truth: readonly Label[];
}

/** Sampling settings of a rollout (the paper: 4 completions, temperature 0.8, top-p 0.95). */
export interface SamplingSettings {
  readonly groupSize: number;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
}

/** A sampled completion with its strict reading. */
export interface ReadCompletion {
  readonly sampled: SampledCompletion;
  readonly parsed: ParsedCompletion;
}

/** Samples and reads G completions for each example, (examples, G). Each seed is made from the rollout's own name. */
export async function sampleRollout(
  engine: Engine,
  adapter: string,
  examples: readonly GrpoExample[],
  settings: SamplingSettings & { readonly answer: AnswerContract },
  seed: number,
  rollout: number,
): Promise<ReadCompletion[][]> {
  const { groupSize, answer, ...sampling } = settings;
  const groups = await engine.sample({
    prompts: examples.map(({ handle }, p) => ({
      handle,
      seeds: Array.from({ length: groupSize }, (_, g) => seed64(seed, "rollout", rollout, p, g)),
    })),
    adapter,
    ...sampling,
  });
  return groups.map((group) =>
    group.map((sampled) => ({
      sampled,
      parsed: parseCompletion(sampled.text, { finish: sampled.finish, mode: "strict", answer }),
    })),
  );
}

/** A rollout as rewards take it: in index order. */
export function toRewarded(
  examples: readonly GrpoExample[],
  groups: readonly (readonly ReadCompletion[])[],
): RewardedCompletion[] {
  return examples.flatMap(({ id, truth }, prompt) =>
    (groups[prompt] ?? []).map(({ sampled }, completion) => ({
      id,
      prompt,
      completion,
      text: sampled.text,
      tokens: sampled.tokens.length,
      finish: sampled.finish,
      truth,
    })),
  );
}

/**
 * Holds a reward, which a user may have written, to its contract.
 * @throws UserError when there is not one finite total for each completion: it would train on something else.
 */
export function checkScores(asked: readonly RewardedCompletion[], scores: readonly RewardScore[]): void {
  if (scores.length !== asked.length)
    throw new UserError(
      `the reward gave ${scores.length} scores for ${asked.length} completions; it must give one for each`,
    );
  for (const [index, { id, completion }] of asked.entries())
    if (!Number.isFinite(scores[index]?.total))
      throw new UserError(
        `the reward gave ${scores[index]?.total} for completion ${completion} of ${id}; it must be a finite number`,
      );
}

/** Log-probabilities of the rollout under the frozen reference, computed once for all its updates. (groups, G, T) */
export async function referenceLogprobs(
  engine: Engine,
  reference: string,
  groups: readonly Pick<RolloutGroup, "handle" | "promptTokens" | "tokens">[],
  temperature: number,
  batching: MicroBatching,
): Promise<(readonly number[])[][]> {
  const scored: (readonly number[])[][] = groups.map(() => []);
  await forEachMicroBatch(groups.map(sizedGroup), batching, async (micro) => {
    const { groups: scores } = await engine.forward({
      groups: micro.map(({ row }) => ({ handle: row.handle, completions: row.tokens })),
      adapter: reference,
      temperature,
    });
    for (const [g, { place }] of micro.entries())
      scored[place] = (scores[g] ?? []).map(({ logprob }) => logprob);
  });
  return scored;
}
