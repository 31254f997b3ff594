import { closeUpward } from "../labels/hierarchy.ts";
import type { Label } from "../labels/label.ts";
import { maskOf } from "./label-mask.ts";
import { checkReadings, type ReadingSet } from "./reading.ts";

/** Readings as typed arrays, one element a reading; label sets are masks over the 14 labels. */
export interface PackedReadings {
  readonly n: number;
  /** Number of patients. */
  readonly patients: number;
  /** (n) row of the reading's patient, patients being sorted by name. */
  readonly patient: Int32Array;
  /** (n) truth and answer, as written and after upward closure; a failed answer is empty. */
  readonly raw: { readonly truth: Int32Array; readonly predicted: Int32Array };
  readonly closed: { readonly truth: Int32Array; readonly predicted: Int32Array };
  /** (n) 0 where the answer was read, else 1 + the position of its reason in `reasons`. */
  readonly failure: Int32Array;
  /** The failure reasons counted, sorted. */
  readonly reasons: readonly string[];
}

/**
 * Packs a set of readings. Patients are numbered in sorted order, so that the same seed draws the same patients
 * whatever order the readings come in, and for every model read on the same hospital.
 *
 * @param reasons the failure reasons to count: at least those that occur, which are the default
 */
export function packReadings(
  set: ReadingSet,
  reasons: readonly string[] = failureReasons([set]),
): PackedReadings {
  checkReadings(set);
  const { readings } = set;
  const names = [...new Set(readings.map((reading) => reading.patient))].sort();
  const row = new Map(names.map((name, index) => [name, index]));
  const column = (of: (index: number) => number) => Int32Array.from(readings, (_, index) => of(index));
  const sets = (close: (labels: readonly Label[]) => readonly Label[]) => ({
    truth: column((i) => maskOf(close(readings[i]?.truth ?? []))),
    predicted: column((i) => maskOf(close(readings[i]?.predicted ?? []))),
  });
  return {
    n: readings.length,
    patients: names.length,
    patient: column((i) => row.get(readings[i]?.patient ?? "") ?? 0),
    raw: sets((labels) => labels),
    closed: sets(closeUpward),
    failure: Int32Array.from(readings, (r) => (r.failure === null ? 0 : 1 + reasons.indexOf(r.failure))),
    reasons,
  };
}

/** Every failure reason that occurs in these sets, sorted. */
export function failureReasons(sets: readonly ReadingSet[]): string[] {
  return [
    ...new Set(sets.flatMap(({ readings }) => readings.flatMap(({ failure }) => failure ?? []))),
  ].sort();
}
