import { LABELS } from "../labels/label.ts";
import { jaccardUnits, type LabelMask } from "./label-mask.ts";
import type { PackedReadings } from "./packed-readings.ts";

/** Whether labels are scored as written, or after adding those that they imply. */
export const CLOSURES = ["raw", "closed"] as const;
export type ClosureName = (typeof CLOSURES)[number];

/** Where the sums of one label subset under one closure lie in a row. */
export interface SubsetColumns {
  /** Answers read that equal the truth; failed answers whose truth is empty, as is theirs. */
  readonly exact: number;
  readonly exactFailed: number;
  /** Readings whose truth is not empty, for which alone Jaccard is asked: answers read, and failed ones. */
  readonly present: number;
  readonly presentFailed: number;
  /** Sum of Jaccard over `present`, in units of 1/360360 (a failed answer would add 0). */
  readonly jaccard: number;
}

/** Where the sums of one closure lie in a row. The four counts take 14 columns each, one for each label. */
export interface ClosureColumns {
  readonly truePositive: number;
  readonly falsePositive: number;
  /** Positives not named by an answer that was read, and those of failed answers. */
  readonly falseNegative: number;
  readonly missedByFailure: number;
  /** (subsets) */
  readonly subsets: readonly SubsetColumns[];
}

/** Where each sum lies in a row. All are whole numbers; counts come first, `[0, counts)`. */
export interface TallyLayout {
  readonly counts: number;
  readonly width: number;
  readonly n: number;
  readonly failed: number;
  /** First of the columns that count each failure reason. */
  readonly reasons: number;
  readonly closures: Readonly<Record<ClosureName, ClosureColumns>>;
}

/** Sums over readings, one row a patient: every score in this folder is a function of the sum of such rows. */
export interface Tally {
  readonly layout: TallyLayout;
  readonly patients: number;
  /** (patients x layout.width) */
  readonly rows: Float64Array;
}

function layoutFor(subsetCount: number, reasonCount: number): TallyLayout {
  let next = 0;
  const take = (count: number): number => {
    const start = next;
    next += count;
    return start;
  };
  const n = take(1);
  const failed = take(1);
  const reasons = take(reasonCount);
  const countsOf = () => ({
    truePositive: take(LABELS.length),
    falsePositive: take(LABELS.length),
    falseNegative: take(LABELS.length),
    missedByFailure: take(LABELS.length),
    subsets: Array.from({ length: subsetCount }, () => ({
      exact: take(1),
      exactFailed: take(1),
      present: take(1),
      presentFailed: take(1),
    })),
  });
  const raw = countsOf();
  const closed = countsOf();
  const counts = next;
  const withJaccard = (columns: ReturnType<typeof countsOf>): ClosureColumns => ({
    ...columns,
    subsets: columns.subsets.map((subset) => ({ ...subset, jaccard: take(1) })),
  });
  const closures = { raw: withJaccard(raw), closed: withJaccard(closed) };
  return { counts, width: next, n, failed, reasons, closures };
}

/** Tallies packed readings for each patient, over the given label subsets. */
export function tally(packed: PackedReadings, subsets: readonly LabelMask[]): Tally {
  const layout = layoutFor(subsets.length, packed.reasons.length);
  const rows = new Float64Array(packed.patients * layout.width);
  const add = (index: number, amount = 1): void => {
    rows[index] = (rows[index] ?? 0) + amount;
  };
  for (let i = 0; i < packed.n; i++) {
    const row = (packed.patient[i] ?? 0) * layout.width;
    const failure = packed.failure[i] ?? 0;
    add(row + layout.n);
    if (failure > 0) {
      add(row + layout.failed);
      add(row + layout.reasons + failure - 1);
    }
    for (const closure of CLOSURES) {
      const columns = layout.closures[closure];
      const truth = packed[closure].truth[i] ?? 0;
      const predicted = packed[closure].predicted[i] ?? 0;
      const missed = failure > 0 ? columns.missedByFailure : columns.falseNegative;
      for (let label = 0; label < LABELS.length; label++) {
        const isTrue = (truth >> label) & 1;
        const isSaid = (predicted >> label) & 1;
        if (isTrue && isSaid) add(row + columns.truePositive + label);
        else if (isSaid) add(row + columns.falsePositive + label);
        else if (isTrue) add(row + missed + label);
      }
      subsets.forEach((subset, index) => {
        const at = columns.subsets[index];
        if (at === undefined) return;
        const within = truth & subset;
        const said = predicted & subset;
        if (within === said) add(row + (failure > 0 ? at.exactFailed : at.exact));
        if (within === 0) return;
        add(row + (failure > 0 ? at.presentFailed : at.present));
        if (failure === 0) add(row + at.jaccard, jaccardUnits(within, said));
      });
    }
  }
  return { layout, patients: packed.patients, rows };
}

/** The sum of all rows: the sample itself. */
export function totals(of: Tally): Float64Array {
  const { width } = of.layout;
  const sums = new Float64Array(width);
  for (let at = 0; at < of.rows.length; at++) sums[at % width] = (sums[at % width] ?? 0) + (of.rows[at] ?? 0);
  return sums;
}
