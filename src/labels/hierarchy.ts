import { canonicalOrder, LABELS, type Label, type LabelRow } from "./label.ts";

/**
 * The hierarchy of the CheXpert labels (Irvin et al. 2019, Figure 1), child to parent.
 *
 * Deviation: the figure hangs Pneumonia below Consolidation. The readers of CheXpert's test set did not label it
 * so (no more than a part of their Pneumonia studies are Consolidation), but all of them are Lung Opacity; hence
 * Pneumonia hangs below Lung Opacity here, and closing the test truth upward changes nothing in it.
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
