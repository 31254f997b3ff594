import { LABELS, type Label } from "../labels/label.ts";
import { type EstimateOptions, estimateTree, type FullEstimate, LEVEL, RESAMPLES } from "./estimate-tree.ts";
import { labelsOf } from "./label-mask.ts";
import { type Prepared, prepare } from "./prepare.ts";
import type { ReadingSet } from "./reading.ts";
import { confusionOf, type ScoreTree, SUBSETS, type SubsetName } from "./statistics.ts";
import { type ClosureName, totals } from "./tally.ts";

export interface EvaluateOptions extends EstimateOptions {
  /** The labels that every hospital compared states. */
  readonly matched: readonly Label[];
}

/** The counts of one label, failed answers as empty. */
export interface LabelCounts {
  readonly label: Label;
  /** Positives in the truth. */
  readonly support: number;
  /** How often the answers name it. */
  readonly predicted: number;
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
}

/** All scores of one model on one hospital, ready for JSON. */
export interface Evaluation extends ScoreTree<FullEstimate> {
  readonly schema: "chexreason.evaluation/1";
  readonly model: string;
  readonly data: string;
  /** Readings, patients, and answers that failed. */
  readonly n: number;
  readonly patients: number;
  readonly failed: number;
  readonly failures: readonly { readonly reason: string; readonly count: number }[];
  readonly subsets: Readonly<Record<SubsetName, readonly Label[]>>;
  readonly counts: Readonly<Record<ClosureName, readonly LabelCounts[]>>;
  readonly interval: {
    readonly method: "percentile bootstrap over patients";
    readonly level: number;
    readonly resamples: number;
    readonly seed: number;
  };
}

/** Scores one model on one hospital, every score with a bootstrap interval over patients. */
export function evaluate(set: ReadingSet, options: EvaluateOptions): Evaluation {
  const { resamples = RESAMPLES, seed = 0, level = LEVEL } = options;
  const prepared = prepare(set, options.matched);
  const { packed, masks, tally } = prepared;
  const sample = totals(tally);
  const subsets = Object.fromEntries(SUBSETS.map((name, index) => [name, labelsOf(masks[index] ?? 0)]));
  return {
    schema: "chexreason.evaluation/1",
    model: set.model,
    data: set.data,
    n: packed.n,
    patients: packed.patients,
    failed: sample[tally.layout.failed] ?? 0,
    failures: packed.reasons.map((reason, index) => ({
      reason,
      count: sample[tally.layout.reasons + index] ?? 0,
    })),
    subsets: subsets as Record<SubsetName, Label[]>,
    counts: { raw: labelCounts(prepared, sample, "raw"), closed: labelCounts(prepared, sample, "closed") },
    interval: { method: "percentile bootstrap over patients", level, resamples, seed },
    ...estimateTree(prepared, null, packed.reasons, options),
  };
}

function labelCounts(prepared: Prepared, sample: Float64Array, closure: ClosureName): LabelCounts[] {
  const columns = prepared.tally.layout.closures[closure];
  return labelsOf(prepared.masks[0] ?? 0).map((label) => {
    const counts = confusionOf(sample, columns, "as-empty", LABELS.indexOf(label));
    const { truePositive, falsePositive, falseNegative } = counts;
    return {
      label,
      support: truePositive + falseNegative,
      predicted: truePositive + falsePositive,
      ...counts,
      trueNegative: prepared.packed.n - truePositive - falsePositive - falseNegative,
    };
  });
}
