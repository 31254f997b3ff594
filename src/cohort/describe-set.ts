import type { ImageRecord, View } from "../datasets/record.ts";
import { canonicalOrder, type Label } from "../labels/label.ts";
import { type LabelTally, spokenLabels, tallyLabels } from "../labels/label-tally.ts";

/** What a set of images is made of, for a look at source and cohorts side by side. */
export interface SetDescription {
  readonly name: string;
  readonly images: number;
  readonly patients: number;
  /** Labels of which at least one row says something. */
  readonly stated: readonly Label[];
  /** Counts by label, and pairs of labels that are positive together. */
  readonly tally: LabelTally;
  readonly ages: AgeDescription;
  /** Share of images of either sex; the rest is unknown. */
  readonly sex: Readonly<Record<"F" | "M" | "unknown", number>>;
  /** Share of images of each view that occurs. */
  readonly views: Readonly<Partial<Record<View, number>>>;
}

/** Ages in years, image by image. Null where none is known. */
export interface AgeDescription {
  readonly known: number;
  readonly mean: number | null;
  /** 25 %, 50 % and 75 % quantiles, linear between ranks (numpy's default). */
  readonly quartiles: readonly [number, number, number] | null;
}

/** Describes a set. */
export function describeSet(name: string, records: readonly ImageRecord[]): SetDescription {
  const tally = tallyLabels(records.map(({ labels }) => labels));
  return {
    name,
    images: records.length,
    patients: new Set(records.map(({ site, patient }) => JSON.stringify([site, patient]))).size,
    stated: canonicalOrder(spokenLabels(tally)),
    tally,
    ages: describeAges(records.flatMap(({ age }) => (age === null ? [] : [age]))),
    sex: { F: 0, M: 0, unknown: 0, ...sharesOf(records.map(({ sex }) => sex ?? "unknown")) },
    views: sharesOf(records.map(({ view }) => view)),
  };
}

function describeAges(ages: readonly number[]): AgeDescription {
  if (ages.length === 0) return { known: 0, mean: null, quartiles: null };
  const sorted = [...ages].sort((a, b) => a - b);
  const at = (share: number): number => {
    const rank = share * (sorted.length - 1);
    const low = sorted[Math.floor(rank)] ?? 0;
    const high = sorted[Math.ceil(rank)] ?? 0;
    return low + (high - low) * (rank - Math.floor(rank));
  };
  const mean = sorted.reduce((sum, age) => sum + age, 0) / sorted.length;
  return { known: ages.length, mean, quartiles: [at(0.25), at(0.5), at(0.75)] };
}

function sharesOf<T extends string>(values: readonly T[]): Partial<Record<T, number>> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([value, n]) => [value, n / values.length])) as Partial<
    Record<T, number>
  >;
}
