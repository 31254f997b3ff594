import { canonicalOrder, LABELS, type Label } from "../../labels/label.ts";
import type { Reward } from "../../rewards/reward.ts";
import { constantReader } from "./audit-readers.ts";
import { payFor } from "./pay.ts";

/**
 * The constant answer that a reward pays best on these rows, by adding or taking away one label at a time from the best
 * single label for as long as that pays. Not proven to be the best of all 16,383; for the Jaccard index
 * `bestConstant` tries them all.
 */
export function bestAnswer(truths: readonly (readonly Label[])[], reward: Reward): Label[] {
  const pay = (labels: readonly Label[]): number => payFor(constantReader("", labels), truths, reward).reward;
  let best: { labels: Label[]; pay: number } = { labels: [], pay: Number.NEGATIVE_INFINITY };
  for (;;) {
    const from = best;
    for (const label of LABELS) {
      const isIn = from.labels.includes(label);
      const labels = isIn
        ? from.labels.filter((other) => other !== label)
        : canonicalOrder([...from.labels, label]);
      if (labels.length === 0) continue;
      const earned = pay(labels);
      if (earned > best.pay) best = { labels, pay: earned };
    }
    if (best === from) return best.labels;
  }
}
