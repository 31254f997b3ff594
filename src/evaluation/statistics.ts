import { LABELS, type Label } from "../labels/label.ts";
import { JACCARD_UNITS, type LabelMask, labelsOf } from "./label-mask.ts";
import { FAILED, type FailedAs, type LabelColumns, type LabelSheet } from "./label-sheet.ts";
import { type Confusion, f1, precision, recall } from "./scores.ts";
import { CLOSURES, type ClosureColumns, type ClosureName, type TallyLayout } from "./tally.ts";

export { FAILED, type FailedAs } from "./label-sheet.ts";

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

/** A score as a function of summed rows; NaN where it is not defined (no reading, no label). */
export type Statistic = (sheet: LabelSheet) => number;

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
  /** Mean over the labels that have both positives and negatives. */
  readonly balancedAccuracy: E;
}

/** The scores of one label. */
export interface LabelScores<E> extends Averages<E> {
  readonly label: Label;
  readonly balancedAccuracy: E;
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

type LabelScore = "precision" | "recall" | "f1";

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
  const perReading = (sheet: LabelSheet, failed: FailedAs, sum: number): number =>
    sum / sheet.of.raw[failed].readings;

  const view = (subset: number, closure: ClosureName, failed: FailedAs): View<E> => {
    const labels = positions(subsets[subset] ?? 0);
    const at = layout.closures[closure].subsets[subset];
    if (at === undefined) throw new Error("scoreTree: the tally lacks a label subset");
    const defined = (columns: LabelColumns): boolean => labels.length > 0 && columns.readings > 0;
    const macro = (score: LabelScore) =>
      leaf((sheet) => {
        const columns = sheet.of[closure][failed];
        if (!defined(columns)) return Number.NaN;
        const scores = columns[score];
        let total = 0;
        for (const label of labels) total += scores[label] as number;
        return total / labels.length;
      });
    const micro = (score: (c: Confusion) => number) =>
      leaf((sheet) => {
        const columns = sheet.of[closure][failed];
        if (!defined(columns)) return Number.NaN;
        const pooled = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
        for (const label of labels) {
          pooled.truePositive += columns.truePositive[label] as number;
          pooled.falsePositive += columns.falsePositive[label] as number;
          pooled.falseNegative += columns.falseNegative[label] as number;
        }
        return score(pooled);
      });
    const withFailed = failed === "as-empty" ? 1 : 0;
    return {
      labels: SUBSETS[subset] ?? "all",
      closure,
      failed,
      macro: { precision: macro("precision"), recall: macro("recall"), f1: macro("f1") },
      micro: { precision: micro(precision), recall: micro(recall), f1: micro(f1) },
      subsetAccuracy: leaf((sheet) => {
        const { sums } = sheet;
        const exact = (sums[at.exact] as number) + withFailed * (sums[at.exactFailed] as number);
        return defined(sheet.of[closure][failed]) ? perReading(sheet, failed, exact) : Number.NaN;
      }),
      jaccard: leaf(({ sums }) => {
        const present = (sums[at.present] as number) + withFailed * (sums[at.presentFailed] as number);
        return present === 0 ? Number.NaN : (sums[at.jaccard] as number) / JACCARD_UNITS / present;
      }),
      balancedAccuracy: leaf((sheet) => {
        const scores = sheet.of[closure][failed].balancedAccuracy;
        let [total, count] = [0, 0];
        for (const label of labels) {
          const score = scores[label] as number;
          if (Number.isNaN(score)) continue;
          total += score;
          count++;
        }
        return total / count;
      }),
    };
  };

  const labelTable = (closure: ClosureName, failed: FailedAs): LabelTable<E> => {
    const score = (name: LabelScore | "balancedAccuracy", position: number) =>
      leaf((sheet) => {
        const columns = sheet.of[closure][failed];
        return columns.readings > 0 ? (columns[name][position] as number) : Number.NaN;
      });
    return {
      closure,
      failed,
      labels: positions(subsets[0] ?? 0).map((position) => ({
        label: LABELS[position] as Label,
        precision: score("precision", position),
        recall: score("recall", position),
        f1: score("f1", position),
        balancedAccuracy: score("balancedAccuracy", position),
      })),
    };
  };

  const variants = CLOSURES.flatMap((closure) => FAILED.map((failed) => [closure, failed] as const));
  return {
    failureRate: leaf((sheet) => perReading(sheet, "as-empty", sheet.sums[layout.failed] as number)),
    failureReasons: reasons.map((reason, index) => ({
      reason,
      rate: leaf((sheet) => perReading(sheet, "as-empty", sheet.sums[layout.reasons + index] as number)),
    })),
    views: variants.flatMap(([closure, failed]) => SUBSETS.map((_, subset) => view(subset, closure, failed))),
    perLabel: variants.map(([closure, failed]) => labelTable(closure, failed)),
  };
}
