import { byLabel, LABELS, type Label, type LabelRow } from "./label.ts";

/** How often a label was said to be present, absent, uncertain, and how often nothing was said of it. */
export interface LabelCount {
  readonly positive: number;
  readonly negative: number;
  readonly uncertain: number;
  readonly blank: number;
}

/** What a number of rows say, label by label and pair by pair. */
export interface LabelTally {
  readonly rows: number;
  /** The four counts of a label add up to `rows`. */
  readonly labels: Readonly<Record<Label, LabelCount>>;
  /** Rows in which both labels are positive; of a label with itself, the rows in which it is. Symmetric. */
  readonly together: Readonly<Record<Label, Readonly<Record<Label, number>>>>;
}

/** Counts rows as they stand: no policy is applied, uncertain and blank stay apart. */
export function tallyLabels(rows: Iterable<LabelRow>): LabelTally {
  // Tables of 200,000 rows say a few thousand different things, and their readers share the object that says it.
  const times = new Map<LabelRow, number>();
  for (const row of rows) times.set(row, (times.get(row) ?? 0) + 1);
  const labels = byLabel(() => ({ positive: 0, negative: 0, uncertain: 0, blank: 0 }));
  const together = byLabel(() => byLabel(() => 0));
  let total = 0;
  for (const [row, count] of times) {
    total += count;
    for (const label of LABELS) labels[label][nameOf(row[label])] += count;
    const positive = LABELS.filter((label) => row[label] === 1);
    for (const one of positive) for (const other of positive) together[one][other] += count;
  }
  return { rows: total, labels, together };
}

/** The labels of which at least one row says something: what a hospital cannot state is blank in all. */
export function spokenLabels({ rows, labels }: LabelTally): Label[] {
  return LABELS.filter((label) => labels[label].blank < rows);
}

function nameOf(value: LabelRow[Label]): keyof LabelCount {
  if (value === null) return "blank";
  if (value === -1) return "uncertain";
  return value === 1 ? "positive" : "negative";
}
