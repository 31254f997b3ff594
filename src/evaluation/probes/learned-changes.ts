import { LABELS, type Label } from "../../labels/label.ts";
import { type McNemar, mcnemar } from "../paired/mcnemar.ts";
import type { AnswerPair } from "./answer-changes.ts";

/**
 * How one label answers a change in the pictures in a model, beside the model that it was trained from. What looks like a
 * lesion to both was not learned in the training between them.
 */
export interface LearnedChange {
  readonly label: Label;
  /** Images whose four answers could all be read. */
  readonly images: number;
  /** Patients who gained the label (gains less losses over their images) in the model more than before, and less. */
  readonly more: number;
  readonly less: number;
  /** Whether they are equally many. */
  readonly test: McNemar;
}

/**
 * Compares what a change in the same pictures, in the same order, does to two models' answers, label by label.
 * @param pairs the model's answers before and after the change
 * @param earlier those of the model that it was trained from
 */
export function learnedChanges(
  pairs: readonly AnswerPair[],
  earlier: readonly AnswerPair[],
): LearnedChange[] {
  if (pairs.length !== earlier.length || pairs.some(({ patient }, at) => earlier[at]?.patient !== patient))
    throw new Error("learnedChanges: the pairs are of different images");
  return LABELS.map((label) => {
    const net = new Map<string, number>();
    let images = 0;
    for (const [at, pair] of pairs.entries()) {
      const [own, other] = [stepOf(pair, label), stepOf(earlier[at], label)];
      if (own === null || other === null) continue;
      images += 1;
      net.set(pair.patient, (net.get(pair.patient) ?? 0) + own - other);
    }
    const sums = [...net.values()];
    const more = sums.filter((sum) => sum > 0).length;
    const less = sums.filter((sum) => sum < 0).length;
    return { label, images, more, less, test: mcnemar(more, less) };
  });
}

/** 1: the label came, -1: it went, 0: it stayed or stayed away; null: an answer could not be read. */
function stepOf(pair: AnswerPair | undefined, label: Label): number | null {
  if (pair === undefined || pair.before === null || pair.after === null) return null;
  return Number(pair.after.includes(label)) - Number(pair.before.includes(label));
}
