import { LABELS } from "../labels/label.ts";
import { balancedAccuracy, f1, precision, recall } from "./scores.ts";
import { CLOSURES, type ClosureColumns, type ClosureName, type TallyLayout } from "./tally.ts";

/** as-empty: a failed answer names no label; left-out: it is not counted at all. */
export const FAILED = ["as-empty", "left-out"] as const;
export type FailedAs = (typeof FAILED)[number];

/** The counts and scores of each of the 14 labels under one closure and one reading of failed answers. */
export interface LabelColumns {
  /** Readings counted. */
  readings: number;
  /** (14) */
  readonly truePositive: Float64Array;
  readonly falsePositive: Float64Array;
  readonly falseNegative: Float64Array;
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly f1: Float64Array;
  readonly balancedAccuracy: Float64Array;
}

/** A row of sums beside what every label's scores are for it; `refresh` fills it from another row. */
export interface LabelSheet {
  readonly sums: Float64Array;
  readonly of: Readonly<Record<ClosureName, Readonly<Record<FailedAs, LabelColumns>>>>;
}

/**
 * An empty sheet. Each label's scores are worked out once a row, though some thirty averages are made of them: that is
 * most of the time that 10,000 resamples take.
 */
export function labelSheet(layout: TallyLayout): LabelSheet {
  const column = () => new Float64Array(LABELS.length);
  const columns = (): LabelColumns => ({
    readings: 0,
    truePositive: column(),
    falsePositive: column(),
    falseNegative: column(),
    precision: column(),
    recall: column(),
    f1: column(),
    balancedAccuracy: column(),
  });
  const both = () => ({ "as-empty": columns(), "left-out": columns() });
  return { sums: new Float64Array(layout.width), of: { raw: both(), closed: both() } };
}

/** Fills a sheet from a row of sums, which is copied. */
export function refresh(sheet: LabelSheet, layout: TallyLayout, sums: Float64Array): LabelSheet {
  sheet.sums.set(sums);
  for (const closure of CLOSURES) {
    for (const failed of FAILED)
      fill(sheet.of[closure][failed], layout, layout.closures[closure], failed, sums);
  }
  return sheet;
}

function fill(
  into: LabelColumns,
  layout: TallyLayout,
  columns: ClosureColumns,
  failed: FailedAs,
  sums: Float64Array,
): void {
  const asEmpty = failed === "as-empty";
  into.readings = (sums[layout.n] as number) - (asEmpty ? 0 : (sums[layout.failed] as number));
  const counts = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
  for (let label = 0; label < LABELS.length; label++) {
    counts.truePositive = sums[columns.truePositive + label] as number;
    counts.falsePositive = sums[columns.falsePositive + label] as number;
    counts.falseNegative =
      (sums[columns.falseNegative + label] as number) +
      (asEmpty ? (sums[columns.missedByFailure + label] as number) : 0);
    into.truePositive[label] = counts.truePositive;
    into.falsePositive[label] = counts.falsePositive;
    into.falseNegative[label] = counts.falseNegative;
    into.precision[label] = precision(counts);
    into.recall[label] = recall(counts);
    into.f1[label] = f1(counts);
    into.balancedAccuracy[label] = balancedAccuracy(counts, into.readings);
  }
}
