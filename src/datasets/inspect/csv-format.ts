import type { CsvHeader, CsvRow } from "../csv.ts";
import type { Inspection } from "./inspected-row.ts";

/** A hospital's table that can be told by its columns and counted row by row. */
export interface CsvFormat {
  readonly name: string;
  /** For people: "CheXpert's table of images". */
  readonly what: string;
  readonly unit: "image" | "study";
  /** Whether the header is this table's. */
  matches(header: CsvHeader): boolean;
  /** Given the header once, reads row by row. */
  start(header: CsvHeader): (row: CsvRow) => Inspection;
}

/** Whether a table has all of the columns. */
export function hasAll({ has }: CsvHeader, columns: readonly string[]): boolean {
  return columns.every((column) => has(column));
}
