import { parseCompletion } from "../completions/parse-completion.ts";
import { jaccard } from "./jaccard.ts";
import { type Reward, requireTruth, scoreOf } from "./reward.ts";

/** Constants of the hard reward. Source: the paper, equation 3. */
export interface HardRewardSettings {
  /** Shortest completion that is not penalised, in tokens. The paper says 250 and leaves the unit open. */
  readonly minLength: number;
  /** Lambda_len, taken off a valid answer that is shorter. Unstated in the paper. */
  readonly lengthPenalty: number;
  /**
   * What an entry that is none of the 14 labels does. `dropped`: nothing, as the paper filters predictions to the
   * lexicon. `counted`: it joins the prediction, and so lowers the Jaccard index like any false positive.
   */
  readonly unknownLabels: "dropped" | "counted";
}

export const HARD_REWARD_DEFAULTS: HardRewardSettings = {
  minLength: 250,
  lengthPenalty: 0.1,
  unknownLabels: "dropped",
};

/**
 * Equation 3 of the paper. An answer is valid when it keeps its contract to the letter and names at least one of the
 * 14 labels; an empty solution is invalid. Then
 *     J(Y, Y^)                   if |t| >= minLength
 *     J(Y, Y^) - lengthPenalty   if |t| <  minLength
 *     0                          if invalid
 * As in the paper, a valid, short and wholly wrong answer (-lengthPenalty) earns less than an invalid one (0).
 * Components: `jaccard`, `length`. Stateless.
 */
export function hardReward(settings: Partial<HardRewardSettings> = {}): Reward<null> {
  const { minLength, lengthPenalty, unknownLabels } = { ...HARD_REWARD_DEFAULTS, ...settings };
  return (rollout, { answer }) => ({
    state: null,
    scores: rollout.map((completion) => {
      requireTruth(completion);
      const { text, finish, truth, tokens } = completion;
      const parsed = parseCompletion(text, { finish, mode: "strict", answer });
      if (parsed.outcome === "failed") return scoreOf({ jaccard: 0, length: 0 });
      const predicted = unknownLabels === "counted" ? [...parsed.labels, ...parsed.unknown] : parsed.labels;
      return scoreOf({
        jaccard: jaccard<string>(truth, predicted),
        length: tokens < minLength ? -lengthPenalty : 0,
      });
    }),
  });
}
