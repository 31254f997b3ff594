import type { Label } from "../../labels/label.ts";
import type { Reward, RewardedCompletion } from "../../rewards/reward.ts";
import type { AuditReader } from "./audit-readers.ts";

/** What a reader earns: means over the rows. */
export interface Pay {
  readonly reward: number;
  readonly components: Readonly<Record<string, number>>;
}

/** Rows of one call of the reward: as many as a rollout might have, so that a reward's memory moves as in training. */
const ROLLOUT = 64;
/** Long enough for any threshold that a study sets: length is not what is audited. */
const TOKENS = 1_000_000;

/** Pays a reader's answers to all rows, one after another, as training would. */
export function payFor(reader: AuditReader, truths: readonly (readonly Label[])[], reward: Reward): Pay {
  const sums = new Map<string, number>();
  let total = 0;
  let state: unknown = null;
  for (let start = 0; start < truths.length; start += ROLLOUT) {
    const rollout = truths.slice(start, start + ROLLOUT).map(
      (truth, row): RewardedCompletion => ({
        id: String(start + row),
        prompt: row,
        completion: 0,
        text: reader.answer(truth, start + row),
        tokens: TOKENS,
        finish: "stop",
        truth,
      }),
    );
    const paid = reward(rollout, { step: start / ROLLOUT, answer: "reasoned" }, state);
    state = paid.state;
    for (const { total: one, components } of paid.scores) {
      total += one;
      for (const [name, value] of Object.entries(components)) sums.set(name, (sums.get(name) ?? 0) + value);
    }
  }
  const mean = (sum: number): number => sum / truths.length;
  return {
    reward: mean(total),
    components: Object.fromEntries([...sums].map(([name, sum]) => [name, mean(sum)])),
  };
}
