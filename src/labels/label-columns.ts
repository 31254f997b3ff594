import { byLabel, LABELS, type Label, type LabelRow, type LabelValue } from "./label.ts";

/** Other names of a label's column in some releases: MIMIC-CXR-JPG 2.1.0's radiologist-labelled test set. */
const OTHER_NAMES: Readonly<Partial<Record<Label, string>>> = { "Lung Opacity": "Airspace Opacity" };

/** A row read from label columns, or the first cell that is none of 1, 0, -1 and blank. */
export type ColumnReading =
  | { readonly kind: "row"; readonly row: LabelRow }
  | { readonly kind: "malformed"; readonly label: Label; readonly text: string };

/** The column that holds each label; labels that the table lacks are absent. */
function labelColumns(has: (column: string) => boolean): Map<Label, string> {
  const columns = new Map<Label, string>();
  for (const label of LABELS) {
    const other = OTHER_NAMES[label];
    if (has(label)) columns.set(label, label);
    else if (other !== undefined && has(other)) columns.set(label, other);
  }
  return columns;
}

/** Reads the 14 labels from a row's cells. */
export type ReadLabels = (cell: (column: string) => string) => ColumnReading;

/**
 * A reader of the 14 labels of a table with the given columns, the way MIMIC-CXR-JPG and CheXpert write them. A label
 * whose column is not there is blank. Rows that say the same get the same object: a table of 200,000 rows says only a
 * few thousand different things.
 */
export function labelColumnReader(has: (column: string) => boolean): ReadLabels {
  const columns = [...labelColumns(has)];
  // By the four values of each column, as digits of one number: 14 of them are 28 bits.
  const seen = new Map<number, ColumnReading>();
  return (cell) => {
    let key = 0;
    for (const [label, column] of columns) {
      const text = cell(column);
      const value = readLabelValue(text);
      if (value === undefined) return { kind: "malformed", label, text };
      key = key * 4 + (value === null ? 3 : value + 1);
    }
    const known = seen.get(key);
    if (known !== undefined) return known;
    const row = byLabel((): LabelValue => null);
    for (const [label, column] of columns) row[label] = readLabelValue(cell(column)) ?? null;
    const reading: ColumnReading = { kind: "row", row };
    seen.set(key, reading);
    return reading;
  };
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
