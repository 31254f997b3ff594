import { canonicalOrder, LABELS, type Label, type LabelRow } from "./label.ts";

/**
 * The hierarchy of the CheXpert labels (Irvin et al. 2019, Figure 1), child to parent.
 *
 * Deviation: the figure hangs Pneumonia below Consolidation. In the truth of CheXpert's 500 test studies all 11 with
 * Pneumonia are Lung Opacity, but only 9 are Consolidation; hence Pneumonia hangs below Lung Opacity here, and closing
 * that truth upward changes nothing in it.
 */
export const PARENTS: Readonly<Partial<Record<Label, Label>>> = {
  Cardiomegaly: "Enlarged Cardiomediastinum",
  "Lung Lesion": "Lung Opacity",
  Edema: "Lung Opacity",
  Consolidation: "Lung Opacity",
  Pneumonia: "Lung Opacity",
  Atelectasis: "Lung Opacity",
};

/** The labels with every ancestor added, in canonical order. Idempotent; never removes a label. */
export function closeUpward(labels: Iterable<Label>): Label[] {
  const closed = new Set<Label>();
  for (const label of labels) {
    for (let at: Label | undefined = label; at !== undefined; at = PARENTS[at]) closed.add(at);
  }
  return canonicalOrder(closed);
}

/**
 * A row in which every ancestor of a positive label is positive too, whatever was said of it. Nothing else changes:
 * an uncertain child says nothing about its parent.
 */
export function closeRowUpward(row: LabelRow): LabelRow {
  const positive = closeUpward(LABELS.filter((label) => row[label] === 1));
  return { ...row, ...Object.fromEntries(positive.map((label) => [label, 1])) };
}
