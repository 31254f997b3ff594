import type { Label } from "../labels/label.ts";
import type { AnswerContract } from "../prompts/prompt.ts";
import { UserError } from "../util/user-error.ts";

/** One completion to be rewarded, with the truth of its image. */
export interface RewardedCompletion {
  /** The record it answers for. */
  readonly id: string;
  /** Index of the prompt in the rollout, and of the completion in its group. */
  readonly prompt: number;
  readonly completion: number;
  readonly text: string;
  /** Length in tokens, end of turn included: the |t| of the rewards. */
  readonly tokens: number;
  readonly finish: "stop" | "length";
  /** The positive labels of the image. Never empty: records without one are set aside before training. */
  readonly truth: readonly Label[];
}

/** What a reward may know besides the rollout. */
export interface RewardContext {
  /** Optimizer steps taken so far. */
  readonly step: number;
  /** The contract of the prompt that was asked. */
  readonly answer: AnswerContract;
}

/** A completion's reward. The components add up to the total; each is logged under its name. */
export interface RewardScore {
  readonly total: number;
  readonly components: Readonly<Record<string, number>>;
}

export interface RewardResult<State> {
  /** One a completion, in the rollout's order. */
  readonly scores: readonly RewardScore[];
  /** What the next rollout's rewards depend on. Plain JSON: checkpoints save and restore it. */
  readonly state: State;
}

/**
 * A reward: a plain function of a whole rollout, given in index order (by prompt, then by completion), so that a
 * reward with a memory is as reproducible as one without. `state` is null at the start of training, and after that
 * what the call before returned. It must not be changed in place.
 */
export type Reward<State = unknown> = (
  rollout: readonly RewardedCompletion[],
  context: RewardContext,
  state: State | null,
) => RewardResult<State>;

/** A score whose total is the sum of its components. */
export function scoreOf(components: Readonly<Record<string, number>>): RewardScore {
  return { total: Object.values(components).reduce((sum, value) => sum + value, 0), components };
}

/** Refuses a truth without a label: no Jaccard index is defined for it, and an empty answer would earn by it. */
export function requireTruth({ id, truth }: RewardedCompletion): void {
  if (truth.length === 0) {
    throw new UserError(
      `record ${id} has no positive label, so no reward is defined for it; set it aside first`,
    );
  }
}
