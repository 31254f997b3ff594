import type { Trace } from "../trace.ts";

export const EXPORT_FORMATS = ["trl", "llama-factory", "ms-swift"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How a trace becomes a row of another trainer's data set. */
export interface TraceExporter {
  /** The data file's name in the export folder. */
  readonly file: string;
  /** @param image the picture's path as the row shall name it */
  row(trace: Trace, image: string): object;
  /** All rows as the file's text. */
  text(rows: readonly object[]): string;
  /** Files beside the data that the trainer needs, by name. */
  readonly beside: Readonly<Record<string, object>>;
}

/** One line of JSON a row. */
export function jsonLines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
