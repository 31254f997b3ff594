import type { ImageRecord } from "../datasets/record.ts";
import { byLabel, type Label } from "../labels/label.ts";
import { tallyLabels } from "../labels/label-tally.ts";

/** Share of records that each label is positive in; 0 of none. */
export function labelShares(records: readonly ImageRecord[]): Record<Label, number> {
  const { labels } = tallyLabels(records.map((record) => record.labels));
  return byLabel((label) => labels[label].positive / Math.max(1, records.length));
}
