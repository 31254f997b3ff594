import { matchedLabels } from "../../labels/convention.ts";
import type { Label } from "../../labels/label.ts";
import { FREQUENT_FROM } from "../prepare.ts";
import type { ReadingSet } from "../reading.ts";
import type { MeasuredLabels } from "./measures.ts";

/** What the measures of two hospitals go over, settled once on their truths: the same for every model and draw. */
export interface PairLabels {
  readonly home: MeasuredLabels;
  readonly away: MeasuredLabels;
}

/**
 * The labels of a home and an away hospital. A label is frequent, and has rates, only where it does in both.
 * @param home the test set of each run at home, as any one model read it; prevalences and counts are means over runs
 */
export function pairLabels(home: readonly ReadingSet[], away: readonly ReadingSet[]): PairLabels {
  const stated = (sets: readonly ReadingSet[]): readonly Label[] => sets[0]?.stated ?? [];
  const matched = matchedLabels([stated(home), stated(away)]);
  const sides = [home, away];
  const frequent = matched.filter((label) =>
    sides.every((sets) => sets.every((set) => positives(set, label) >= FREQUENT_FROM)),
  );
  const prevalences = matched.flatMap((label) => {
    const hasBoth = sides.every((sets) =>
      sets.every((set) => {
        const count = positives(set, label);
        return count > 0 && count < set.readings.length;
      }),
    );
    if (!hasBoth) return [];
    const shares = sides.map((sets) => mean(sets.map((set) => positives(set, label) / set.readings.length)));
    return [{ label, prevalence: mean(shares) }];
  });
  return {
    home: { all: stated(home), matched, frequent, prevalences },
    away: { all: stated(away), matched, frequent, prevalences },
  };
}

function positives({ readings }: ReadingSet, label: Label): number {
  return readings.reduce((count, { truth }) => count + (truth.includes(label) ? 1 : 0), 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
