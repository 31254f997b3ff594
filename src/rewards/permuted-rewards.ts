import { randomStream } from "../util/random.ts";
import type { Reward, RewardScore } from "./reward.ts";

/**
 * The control of a whole training: the same reward, whose scores are dealt out anew among the completions of each
 * image, by the seed, the step and the image's place in the rollout. Group means and spreads stay as they were, so every
 * step is as large as the real reward's; what a completion says has nothing to do with what it earns. Unlike a permuted
 * truth it pays neither form nor label frequencies, so whatever changes under it is chance.
 */
export function permutedRewards<State>(reward: Reward<State>, seed: number): Reward<State> {
  return (rollout, context, state) => {
    const result = reward(rollout, context, state);
    const groups = new Map<number, RewardScore[]>();
    for (const [index, { prompt }] of rollout.entries()) {
      const score = result.scores[index];
      if (score !== undefined) groups.set(prompt, [...(groups.get(prompt) ?? []), score]);
    }
    const dealt = new Map(
      [...groups].map(([prompt, scores]) => [
        prompt,
        randomStream(seed, "permuted-rewards", context.step, prompt).shuffle(scores),
      ]),
    );
    const scores = rollout.map(({ prompt }) => {
      const score = dealt.get(prompt)?.shift();
      if (score === undefined)
        throw new Error("permutedRewards: the reward gave fewer scores than completions");
      return score;
    });
    return { ...result, scores };
  };
}
