import { z } from "zod";
import { LABELS } from "../labels/label.ts";
import { HARD_REWARD_DEFAULTS as HARD, hardReward } from "./hard-reward.ts";
import { NUANCED_REWARD_DEFAULTS as NUANCED, nuancedReward } from "./nuanced-reward.ts";
import type { Reward } from "./reward.ts";

const points = (fallback: number) => z.number().nonnegative().default(fallback);

/** The rewards a study may name, with the paper's constants as defaults. Penalties are given as positive numbers. */
export const rewardSettings = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("hard"),
    minLength: z.int().nonnegative().default(HARD.minLength),
    lengthPenalty: points(HARD.lengthPenalty),
    unknownLabels: z.enum(["dropped", "counted"]).default(HARD.unknownLabels),
  }),
  z.strictObject({
    kind: z.literal("nuanced"),
    exactMatch: points(NUANCED.exactMatch),
    recallPoints: points(NUANCED.recallPoints),
    precisionPoints: points(NUANCED.precisionPoints),
    frequentLabels: z.array(z.enum(LABELS)).default([...NUANCED.frequentLabels]),
    frequentFalsePositive: points(NUANCED.frequentFalsePositive),
    rareFalsePositive: points(NUANCED.rareFalsePositive),
    windowSize: z.int().positive().default(NUANCED.windowSize),
    dominance: z.number().min(0).max(1).default(NUANCED.dominance),
    excessRepetition: points(NUANCED.excessRepetition),
    collapse: points(NUANCED.collapse),
    unknownLabel: points(NUANCED.unknownLabel),
    duplicate: points(NUANCED.duplicate),
    textOutside: points(NUANCED.textOutside),
    missingBlock: points(NUANCED.missingBlock),
  }),
]);

export type RewardSettings = z.infer<typeof rewardSettings>;

const windowState = z.array(z.array(z.enum(LABELS))).nullable();

/**
 * The reward that the settings name. Its state is the reward's own business and opaque to whoever stores it; a state
 * that comes back from a checkpoint is checked before it is used.
 */
export function makeReward(settings: RewardSettings): Reward {
  if (settings.kind === "hard") {
    const reward = hardReward(settings);
    return (rollout, context) => reward(rollout, context, null);
  }
  const reward = nuancedReward(settings);
  return (rollout, context, state) => reward(rollout, context, windowState.parse(state));
}
