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
  /** Their patients. */
  readonly patients: number;
  /** Patients who gained the label (gains less losses over their images) in the model more than before, and less. */
  readonly more: number;
  readonly less: number;
  /** Whether they are equally many. */
  readonly test: McNemar;
}

/**
 * What is said of a label under a change in the pictures.
 * - `learned`: more patients gain (or lose) it than before, p after Holm at most 0.05, by at least `LEAST_LEARNED` of all;
 * - `moved`: by fewer. Training that has nothing to do with a mark still changes how a model takes one that is new to it;
 * - `as before`: neither.
 */
export const LEARNED_OUTCOMES = ["learned", "moved", "as before"] as const;
export type LearnedOutcome = (typeof LEARNED_OUTCOMES)[number];

const ALPHA = 0.05;
/**
 * Share of the patients. In ten trained phantom worlds without a shortcut, looked at to set it, the largest surplus was
 * 0.33; in five with a border planted it was 0.51 to 0.71, in eight with a small device 0.05 to 0.54. How it did on other
 * worlds: docs/probes.md.
 */
const LEAST_LEARNED = 0.4;

/** @param holm the change's p, corrected for all that was probed */
export function learnedOutcome(
  { patients, more, less }: Pick<LearnedChange, "patients" | "more" | "less">,
  holm: number,
): LearnedOutcome {
  if (holm > ALPHA) return "as before";
  return Math.abs(more - less) >= LEAST_LEARNED * patients ? "learned" : "moved";
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
    return { label, images, patients: sums.length, more, less, test: mcnemar(more, less) };
  });
}

/** 1: the label came, -1: it went, 0: it stayed or stayed away; null: an answer could not be read. */
function stepOf(pair: AnswerPair | undefined, label: Label): number | null {
  if (pair === undefined || pair.before === null || pair.after === null) return null;
  return Number(pair.after.includes(label)) - Number(pair.before.includes(label));
}
