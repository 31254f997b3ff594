import type { Label } from "../labels/label.ts";
import { JACCARD_UNITS, jaccardUnits, type LabelMask, labelsOf, maskOf, sizeOf } from "./label-mask.ts";

/** The best constant answer, and the mean Jaccard it earns on the training images with a positive label. */
export interface BestConstant {
  readonly labels: Label[];
  readonly jaccard: number;
}

/**
 * The label set that, given as the answer to every training image, has the highest mean Jaccard. All subsets of
 * `allowed` are tried; of equals the smaller set wins, then the earlier labels. Images without a positive label among
 * `allowed` leave Jaccard undefined and are set aside.
 *
 * Jaccard, because the reward is made of it, and because macro-F1 has no use for the question: a constant earns a
 * label's F1 only by naming it, so its best answer is every label, which the always-positive reader gives already.
 */
export function bestConstant(
  training: readonly (readonly Label[])[],
  allowed: readonly Label[],
): BestConstant {
  const within = maskOf(allowed);
  const counts = new Map<LabelMask, number>();
  for (const labels of training) {
    const truth = maskOf(labels) & within;
    if (truth !== 0) counts.set(truth, (counts.get(truth) ?? 0) + 1);
  }
  const images = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let best = { mask: 0, sum: 0 };
  // (mask - 1) & within walks every subset of `within` downwards, so earlier labels (lower bits) come last.
  for (let mask = within; mask !== 0; mask = (mask - 1) & within) {
    let sum = 0;
    for (const [truth, count] of counts) sum += count * jaccardUnits(mask, truth);
    if (sum > best.sum || (sum === best.sum && sizeOf(mask) <= sizeOf(best.mask))) best = { mask, sum };
  }
  return { labels: labelsOf(best.mask), jaccard: images === 0 ? 0 : best.sum / JACCARD_UNITS / images };
}
