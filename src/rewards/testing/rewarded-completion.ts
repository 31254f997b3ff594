import type { RewardContext, RewardedCompletion } from "../reward.ts";

export const CONTEXT: RewardContext = { step: 0, answer: "reasoned" };

/** An answer that keeps its contract, with a list of labels as a model writes it. */
export function answer(labels: string): string {
  return `<think>Hazy.</think><solution>${labels}</solution>`;
}

/** A completion for specs: it ended by itself, long enough, about an image with Edema. */
export function exampleCompletion(
  text: string,
  changes: Partial<RewardedCompletion> = {},
): RewardedCompletion {
  return {
    id: "r1",
    prompt: 0,
    completion: 0,
    text,
    tokens: 300,
    finish: "stop",
    truth: ["Edema"],
    ...changes,
  };
}
