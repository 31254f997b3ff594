import type { Label } from "../labels/label.ts";
import { type LabelMask, maskOf } from "./label-mask.ts";
import { failureReasons, type PackedReadings, packReadings } from "./packed-readings.ts";
import type { ReadingSet } from "./reading.ts";
import { type Tally, tally } from "./tally.ts";

/** Positives in the test set from which on a label counts as frequent: below it an interval of F1 misses its level. */
export const FREQUENT_FROM = 20;

/** Readings made ready for scoring and resampling. */
export interface Prepared {
  readonly packed: PackedReadings;
  /** The labels of each subset, in the order of SUBSETS. */
  readonly masks: readonly LabelMask[];
  readonly tally: Tally;
}

/**
 * Packs and tallies a set over the three label subsets. Which labels are frequent is settled once, on the truth as the
 * hospital wrote it, so it is the same for every model, closure and resample.
 *
 * @param matched the labels that every hospital compared states
 * @param reasons the failure reasons to count, for tallies of several models that must have one layout
 */
export function prepare(
  set: ReadingSet,
  matched: readonly Label[],
  reasons: readonly string[] = failureReasons([set]),
): Prepared {
  const packed = packReadings(set, reasons);
  const all = maskOf(set.stated);
  const frequent = set.stated.filter((label) => {
    const bit = maskOf([label]);
    return packed.raw.truth.reduce((sum, truth) => sum + (truth & bit ? 1 : 0), 0) >= FREQUENT_FROM;
  });
  const masks = [all, all & maskOf(matched), maskOf(frequent)];
  return { packed, masks, tally: tally(packed, masks) };
}
