import { PARENTS } from "../../labels/hierarchy.ts";
import { canonicalOrder, type Label } from "../../labels/label.ts";
import { type ImplicationRate, implicationRate, type LabelledImage } from "./implication-rate.ts";

/** Patients with the first label below which a rate is described and nothing concluded from it. */
export const ENOUGH_PATIENTS = 20;
/** How far two conventions have to lie apart to be told apart. */
export const APART = 0.2;
/** A difference of rates that is none: 0.97 beside a truth of 1 is what the truth says. */
export const SAME = 0.05;

/** An implication between two labels, and how often it holds for the training labeler and in a hospital's truth. */
export interface ImplicationPair {
  readonly antecedent: Label;
  readonly consequent: Label;
  /** `hierarchy`: it stands in CheXpert's tree of labels. `difference`: chosen since the two labelers differ in it. */
  readonly because: "hierarchy" | "difference";
  readonly training: ImplicationRate;
  readonly truth: ImplicationRate;
}

/**
 * The implications worth asking for: those of the hierarchy, and every other ordered pair in which training labels and truth
 * clearly differ. They are chosen from labels alone; no model's answer has a part in it. A pair chosen for its difference
 * shows more of it than is there, on average. No Finding, which excludes all others, is in none.
 * @param stated the labels that both the training labeler and the hospital can state
 */
export function implicationPairs(
  training: readonly LabelledImage[],
  truth: readonly LabelledImage[],
  stated: readonly Label[],
  level: number,
): ImplicationPair[] {
  const labels = canonicalOrder(stated).filter((label) => label !== "No Finding");
  const pairs = labels.flatMap((antecedent) =>
    labels
      .filter((consequent) => consequent !== antecedent)
      .map((consequent) => [antecedent, consequent] as const),
  );
  const measured = pairs.map(
    ([antecedent, consequent]): ImplicationPair => ({
      antecedent,
      consequent,
      because: PARENTS[antecedent] === consequent ? "hierarchy" : "difference",
      training: implicationRate(training, [antecedent, consequent], level),
      truth: implicationRate(truth, [antecedent, consequent], level),
    }),
  );
  return [
    ...measured.filter(({ because }) => because === "hierarchy"),
    ...measured.filter((pair) => pair.because === "difference" && conventionsDiffer(pair)),
  ];
}

/** Whether there are patients enough on both sides to say what either convention is. */
export function isKnown({ training, truth }: Pick<ImplicationPair, "training" | "truth">): boolean {
  return training.patients >= ENOUGH_PATIENTS && truth.patients >= ENOUGH_PATIENTS;
}

/** Whether two known conventions differ by at least `APART`, each outside the other's interval. */
export function conventionsDiffer(pair: Pick<ImplicationPair, "training" | "truth">): boolean {
  const { training, truth } = pair;
  if (!isKnown(pair) || training.value === null || truth.value === null) return false;
  if (Math.abs(training.value - truth.value) < APART) return false;
  return !holds(training, truth.value) && !holds(truth, training.value);
}

/** Whether an interval holds a value, or comes as near to it as `margin`. */
export function holds(
  { low, high }: Pick<ImplicationRate, "low" | "high">,
  value: number,
  margin = 0,
): boolean {
  return low !== null && high !== null && low - margin <= value && value <= high + margin;
}
