import { LABELS, type Label, type LabelRow, type LabelValue } from "./label.ts";

/** Other names of a label's column in some releases: MIMIC-CXR-JPG 2.1.0's radiologist-labelled test set. */
const OTHER_NAMES: Readonly<Partial<Record<Label, string>>> = { "Lung Opacity": "Airspace Opacity" };

/** A row read from label columns, or the first cell that is none of 1, 0, -1 and blank. */
export type ColumnReading =
  | { readonly kind: "row"; readonly row: LabelRow }
  | { readonly kind: "malformed"; readonly label: Label; readonly text: string };

/** The column that holds each label in a table with the given columns; labels that the table lacks are absent. */
export function labelColumns(has: (column: string) => boolean): Map<Label, string> {
  const columns = new Map<Label, string>();
  for (const label of LABELS) {
    const other = OTHER_NAMES[label];
    if (has(label)) columns.set(label, label);
    else if (other !== undefined && has(other)) columns.set(label, other);
  }
  return columns;
}

/** Reads the 14 labels from a row's cells, the way MIMIC-CXR-JPG and CheXpert write them. */
export function readLabelColumns(
  columns: ReadonlyMap<Label, string>,
  cell: (column: string) => string,
): ColumnReading {
  const row = { ...BLANK };
  for (const [label, column] of columns) {
    const text = cell(column);
    const value = readLabelValue(text);
    if (value === undefined) return { kind: "malformed", label, text };
    row[label] = value;
  }
  return { kind: "row", row };
}

/** One cell: 1, 0, -1, with or without decimals, or blank; undefined for anything else. */
export function readLabelValue(text: string): LabelValue | undefined {
  switch (text) {
    case "":
      return null;
    case "1.0":
    case "1":
      return 1;
    case "0.0":
    case "0":
      return 0;
    case "-1.0":
    case "-1":
      return -1;
    default:
      return undefined;
  }
}

const BLANK = Object.fromEntries(LABELS.map((label) => [label, null])) as Record<Label, LabelValue>;
