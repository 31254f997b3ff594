import { labelSheet, refresh } from "../label-sheet.ts";
import type { Statistic } from "../statistics.ts";
import { type Tally, totals } from "../tally.ts";
import { permutePatients } from "./permute-patients.ts";

/** Differences closer than this are one and the same: below it lies only rounding. */
const SAME = 1e-12;

export interface PermutationResult {
  /** NaN where the score is not defined. */
  readonly difference: number;
  /** Two-sided; null where the score is not defined. */
  readonly p: number | null;
}

/**
 * Each score's difference between two models, with the share of exchanges of whole patients that differ at least as
 * much. What was seen counts as one of them, so p is never 0 and the test keeps its level exactly.
 */
export function permutationTest(
  own: Tally,
  other: Tally,
  statistics: readonly Statistic[],
  options: { readonly permutations: number; readonly seed: number },
): PermutationResult[] {
  const { layout } = own;
  const [ours, theirs] = [labelSheet(layout), labelSheet(layout)];
  const differences = (sums: Float64Array, minus: Float64Array): number[] => {
    refresh(ours, layout, sums);
    refresh(theirs, layout, minus);
    return statistics.map((statistic) => statistic(ours) - statistic(theirs));
  };
  const seen = differences(totals(own), totals(other));
  const asLarge = new Float64Array(seen.length).fill(1);
  permutePatients([own, other], options, (sums, minus) => {
    differences(sums, minus).forEach((drawn, index) => {
      if (Math.abs(drawn) >= Math.abs(seen[index] as number) - SAME) {
        asLarge[index] = (asLarge[index] as number) + 1;
      }
    });
  });
  return seen.map((difference, index) => ({
    difference,
    p: Number.isNaN(difference) ? null : (asLarge[index] as number) / (options.permutations + 1),
  }));
}
