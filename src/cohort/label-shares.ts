import type { ImageRecord } from "../datasets/record.ts";
import { byLabel, type Label } from "../labels/label.ts";
import { positiveLabels } from "../labels/policy.ts";

/** Share of records that each label is positive in; 0 of none. */
export function labelShares(records: readonly ImageRecord[]): Record<Label, number> {
  const count = byLabel(() => 0);
  for (const { labels } of records) for (const label of positiveLabels(labels)) count[label]++;
  return byLabel((label) => count[label] / Math.max(1, records.length));
}
