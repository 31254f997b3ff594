import { LABELS, type Label } from "../../labels/label.ts";
import type { LabelTally } from "../../labels/label-tally.ts";

/** Two labels that stand together. */
export interface LabelPair {
  readonly labels: readonly [Label, Label];
  /** Rows in which both are positive. */
  readonly both: number;
  /** Of the rows with the first, the share that have the second; and the other way round. */
  readonly ofFirst: number;
  readonly ofSecond: number;
  /** How many times as often as if the two had nothing to do with each other. */
  readonly lift: number;
}

/** Every pair that stands together at least once, the most frequent first; the first label is the rarer one. */
export function labelPairs({ rows, together }: LabelTally): LabelPair[] {
  const pairs = LABELS.flatMap((one, at) =>
    LABELS.slice(at + 1).flatMap((other): LabelPair[] => {
      const both = together[one][other];
      if (both === 0) return [];
      const [a, b] = [together[one][one], together[other][other]];
      const [labels, first, second] =
        a <= b ? ([[one, other], a, b] as const) : ([[other, one], b, a] as const);
      return [
        { labels, both, ofFirst: both / first, ofSecond: both / second, lift: (both * rows) / (a * b) },
      ];
    }),
  );
  return pairs.sort((a, b) => b.both - a.both);
}
