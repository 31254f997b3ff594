import { LABELS, type Label } from "../labels/label.ts";
import { JACCARD_UNITS, type LabelMask, labelsOf } from "./label-mask.ts";
import { type Confusion, f1, precision, recall } from "./scores.ts";
import { CLOSURES, type ClosureColumns, type ClosureName, type TallyLayout } from "./tally.ts";

/**
 * Every score of a set of readings, as a tree whose leaves are functions of a row of sums. The tree is built over
 * the kind of its leaf (`E`), so that the same shape holds point values, intervals, and differences of two models.
 *
 * Jaccard is averaged over the readings whose truth, within the label subset, is not empty, because it is 0/0 for
 * the best possible answer to the others; scikit-learn's samples average scores those 0.
 */

/** all: what the hospital states; matched: what every hospital compared states; frequent: of `all`, enough positives. */
export const SUBSETS = ["all", "matched", "frequent"] as const;
export type SubsetName = (typeof SUBSETS)[number];

/** as-empty: a failed answer names no label; left-out: it is not counted at all. */
export const FAILED = ["as-empty", "left-out"] as const;
export type FailedAs = (typeof FAILED)[number];

/** A score as a function of summed rows; NaN where it is not defined (no reading, no label). */
export type Statistic = (sums: Float64Array) => number;

export interface Averages<E> {
  readonly precision: E;
  readonly recall: E;
  readonly f1: E;
}

/** The scores over one label subset. */
export interface View<E> {
  readonly labels: SubsetName;
  readonly closure: ClosureName;
  readonly failed: FailedAs;
  readonly macro: Averages<E>;
  readonly micro: Averages<E>;
  /** Share of readings whose answer equals the truth. */
  readonly subsetAccuracy: E;
  /** Mean over the readings whose truth is not empty. */
  readonly jaccard: E;
}

/** The scores of one label. */
export interface LabelScores<E> extends Averages<E> {
  readonly label: Label;
}

export interface LabelTable<E> {
  readonly closure: ClosureName;
  readonly failed: FailedAs;
  readonly labels: readonly LabelScores<E>[];
}

export interface ScoreTree<E> {
  readonly failureRate: E;
  /** Share of all answers that failed for this reason. */
  readonly failureReasons: readonly { readonly reason: string; readonly rate: E }[];
  readonly views: readonly View<E>[];
  readonly perLabel: readonly LabelTable<E>[];
}

/** Positions in LABELS of the labels in a mask. */
function positions(mask: LabelMask): number[] {
  return labelsOf(mask).map((label) => LABELS.indexOf(label));
}

/** The counts of one label in a row of sums. */
export function confusionOf(
  sums: Float64Array,
  columns: ClosureColumns,
  failed: FailedAs,
  label: number,
): Confusion {
  const missed = failed === "as-empty" ? (sums[columns.missedByFailure + label] as number) : 0;
  return {
    truePositive: sums[columns.truePositive + label] as number,
    falsePositive: sums[columns.falsePositive + label] as number,
    falseNegative: (sums[columns.falseNegative + label] as number) + missed,
  };
}

/**
 * Builds the tree; `leaf` is called once for each score, always in the same order.
 *
 * @param subsets the labels of each subset, in the order of SUBSETS, as they were tallied
 * @param reasons the failure reasons, in the order they were tallied
 */
export function scoreTree<E>(
  layout: TallyLayout,
  subsets: readonly LabelMask[],
  reasons: readonly string[],
  leaf: (of: Statistic) => E,
): ScoreTree<E> {
  const readings = (sums: Float64Array, failed: FailedAs): number =>
    (sums[layout.n] as number) - (failed === "left-out" ? (sums[layout.failed] as number) : 0);
  const perReading = (sums: Float64Array, failed: FailedAs, sum: number): number =>
    sum / readings(sums, failed);

  const averages = (average: (score: (c: Confusion) => number) => Statistic): Averages<E> => ({
    precision: leaf(average(precision)),
    recall: leaf(average(recall)),
    f1: leaf(average(f1)),
  });

  const view = (subset: number, closure: ClosureName, failed: FailedAs): View<E> => {
    const columns = layout.closures[closure];
    const labels = positions(subsets[subset] ?? 0);
    const at = columns.subsets[subset];
    if (at === undefined) throw new Error("scoreTree: the tally lacks a label subset");
    const defined = (sums: Float64Array): boolean => labels.length > 0 && readings(sums, failed) > 0;
    const macro = (score: (c: Confusion) => number) => (sums: Float64Array) => {
      if (!defined(sums)) return Number.NaN;
      let total = 0;
      for (const label of labels) total += score(confusionOf(sums, columns, failed, label));
      return total / labels.length;
    };
    const micro = (score: (c: Confusion) => number) => (sums: Float64Array) => {
      if (!defined(sums)) return Number.NaN;
      const pooled = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
      for (const label of labels) {
        const counts = confusionOf(sums, columns, failed, label);
        pooled.truePositive += counts.truePositive;
        pooled.falsePositive += counts.falsePositive;
        pooled.falseNegative += counts.falseNegative;
      }
      return score(pooled);
    };
    const withFailed = failed === "as-empty" ? 1 : 0;
    return {
      labels: SUBSETS[subset] ?? "all",
      closure,
      failed,
      macro: averages(macro),
      micro: averages(micro),
      subsetAccuracy: leaf((sums) => {
        const exact = (sums[at.exact] as number) + withFailed * (sums[at.exactFailed] as number);
        return defined(sums) ? perReading(sums, failed, exact) : Number.NaN;
      }),
      jaccard: leaf((sums) => {
        const present = (sums[at.present] as number) + withFailed * (sums[at.presentFailed] as number);
        return present === 0 ? Number.NaN : (sums[at.jaccard] as number) / JACCARD_UNITS / present;
      }),
    };
  };

  const labelTable = (closure: ClosureName, failed: FailedAs): LabelTable<E> => {
    const columns = layout.closures[closure];
    return {
      closure,
      failed,
      labels: positions(subsets[0] ?? 0).map((position) => ({
        label: LABELS[position] as Label,
        ...averages(
          (score) => (sums) =>
            readings(sums, failed) > 0 ? score(confusionOf(sums, columns, failed, position)) : Number.NaN,
        ),
      })),
    };
  };

  const variants = CLOSURES.flatMap((closure) => FAILED.map((failed) => [closure, failed] as const));
  return {
    failureRate: leaf((sums) => perReading(sums, "as-empty", sums[layout.failed] as number)),
    failureReasons: reasons.map((reason, index) => ({
      reason,
      rate: leaf((sums) => perReading(sums, "as-empty", sums[layout.reasons + index] as number)),
    })),
    views: variants.flatMap(([closure, failed]) => SUBSETS.map((_, subset) => view(subset, closure, failed))),
    perLabel: variants.map(([closure, failed]) => labelTable(closure, failed)),
  };
}
