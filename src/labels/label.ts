/**
 * The 14 labels of the CheXpert ontology, in its tables' column order.
 * Source: Irvin et al. 2019, Table 1; the same 14 head MIMIC-CXR-JPG's label tables.
 */
export const LABELS = [
  "No Finding",
  "Enlarged Cardiomediastinum",
  "Cardiomegaly",
  "Lung Opacity",
  "Lung Lesion",
  "Edema",
  "Consolidation",
  "Pneumonia",
  "Atelectasis",
  "Pneumothorax",
  "Pleural Effusion",
  "Pleural Other",
  "Fracture",
  "Support Devices",
] as const;

export type Label = (typeof LABELS)[number];

/** What a hospital's table says of one label: positive, negative, uncertain, or nothing at all. */
export type LabelValue = 1 | 0 | -1 | null;

/** A complete row of labels, one value for each of the 14. */
export type LabelRow = Readonly<Record<Label, LabelValue>>;

const POSITION = new Map<string, number>(LABELS.map((label, index) => [label, index]));

/** Whether a text is, to the letter, one of the 14 labels. */
export function isLabel(text: string): text is Label {
  return POSITION.has(text);
}

/** The labels in canonical (column) order, each once. */
export function canonicalOrder(labels: Iterable<Label>): Label[] {
  const present = new Set(labels);
  return LABELS.filter((label) => present.has(label));
}

/** One value for each of the 14 labels, in canonical order. */
export function byLabel<T>(value: (label: Label) => T): Record<Label, T> {
  return Object.fromEntries(LABELS.map((label) => [label, value(label)])) as Record<Label, T>;
}

/** A full row from the values that are known; the others are null. */
export function labelRow(values: Partial<Record<Label, LabelValue>>): LabelRow {
  return byLabel((label) => values[label] ?? null);
}
