import type { RewardFactory } from "../reward-file.ts";

/**
 * A reward file as a user would write it: the Jaccard index less a price for every label named beyond the first
 * `free`, with a memory of how many answers it has seen.
 */
const overcallReward: RewardFactory<{ seen: number }> = (settings, { parseCompletion, jaccard, scoreOf }) => {
  const free = Number(settings.free ?? 3);
  const price = Number(settings.price ?? 0.1);
  if (!(price >= 0)) throw new Error(`price is ${settings.price}, it must be 0 or more`);
  return (rollout, { answer }, state) => ({
    state: { seen: (state?.seen ?? 0) + rollout.length },
    scores: rollout.map(({ text, finish, truth }) => {
      const parsed = parseCompletion(text, { finish, mode: "strict", answer });
      if (parsed.outcome === "failed") return scoreOf({ jaccard: 0, overcall: 0 });
      const extra = Math.max(0, parsed.labels.length - free);
      return scoreOf({ jaccard: jaccard(truth, parsed.labels), overcall: 0 - price * extra });
    }),
  });
};

export default overcallReward;
