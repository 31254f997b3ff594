import { LABELS } from "../../labels/label.ts";
import { JACCARD_UNITS } from "../label-mask.ts";
import { f1 } from "../scores.ts";
import { confusionOf } from "../statistics.ts";
import type { Tally, TallyLayout } from "../tally.ts";

/** The scores of one group. */
export const GROUP_SCORES = ["macroF1", "jaccard", "failureRate"] as const;
export type GroupScore = (typeof GROUP_SCORES)[number];

/** A tally of one group's readings, in which only the patients that it has, and the columns it needs, are kept. */
export interface GroupSums {
  readonly layout: TallyLayout;
  /** Rows of the patients, in the whole set. */
  readonly patients: Int32Array;
  readonly columns: Int32Array;
  /** (patients x columns) */
  readonly rows: Float64Array;
}

/**
 * @param of a tally of the group's readings alone, with a row for every patient of the whole set
 * @param labels positions in LABELS that macro-F1 goes over
 */
export function groupSums(of: Tally, labels: readonly number[]): GroupSums {
  const { layout, rows } = of;
  const { raw } = layout.closures;
  const [subset] = raw.subsets;
  if (subset === undefined) throw new Error("groupSums: the tally has no label subset");
  const columns = Int32Array.from([
    layout.n,
    layout.failed,
    subset.present,
    subset.presentFailed,
    subset.jaccard,
    ...labels.flatMap((label) =>
      [raw.truePositive, raw.falsePositive, raw.falseNegative, raw.missedByFailure].map((at) => at + label),
    ),
  ]);
  const patients = Int32Array.from(
    Array.from({ length: of.patients }, (_, patient) => patient).filter(
      (patient) => (rows[patient * layout.width + layout.n] ?? 0) > 0,
    ),
  );
  const kept = new Float64Array(patients.length * columns.length);
  patients.forEach((patient, row) => {
    columns.forEach((column, at) => {
      kept[row * columns.length + at] = rows[patient * layout.width + column] ?? 0;
    });
  });
  return { layout, patients, columns, rows: kept };
}

/** The group's sums with each patient counted `weights[patient]` times, into a row of the whole layout. */
export function weightedSums(of: GroupSums, weights: Int32Array, into: Float64Array): void {
  const { patients, columns, rows } = of;
  const width = columns.length;
  for (let at = 0; at < width; at++) into[columns[at] as number] = 0;
  for (let row = 0; row < patients.length; row++) {
    const weight = weights[patients[row] as number] as number;
    if (weight === 0) continue;
    for (let at = 0; at < width; at++) {
      const column = columns[at] as number;
      into[column] = (into[column] as number) + weight * (rows[row * width + at] as number);
    }
  }
}

/** A score of summed rows; NaN where it is not defined (no reading, no label). Failed answers name no label. */
export function groupScore(
  score: GroupScore,
  layout: TallyLayout,
  labels: readonly number[],
  sums: Float64Array,
): number {
  const { raw } = layout.closures;
  const n = sums[layout.n] as number;
  if (n === 0) return Number.NaN;
  if (score === "failureRate") return (sums[layout.failed] as number) / n;
  if (score === "macroF1") {
    let total = 0;
    for (const label of labels) total += f1(confusionOf(sums, raw, "as-empty", label));
    return labels.length === 0 ? Number.NaN : total / labels.length;
  }
  const subset = raw.subsets[0];
  if (subset === undefined) return Number.NaN;
  const present = (sums[subset.present] as number) + (sums[subset.presentFailed] as number);
  return present === 0 ? Number.NaN : (sums[subset.jaccard] as number) / JACCARD_UNITS / present;
}

/** Positives of each of the 14 labels in a tally. */
export function positivesOf({ layout, rows, patients }: Tally): number[] {
  const { raw } = layout.closures;
  return LABELS.map((_, label) => {
    let count = 0;
    for (let patient = 0; patient < patients; patient++)
      for (const column of [raw.truePositive, raw.falseNegative, raw.missedByFailure])
        count += rows[patient * layout.width + column + label] ?? 0;
    return count;
  });
}
