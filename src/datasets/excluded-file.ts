import { writeFileAtomic } from "../util/files.ts";
import type { ExcludedRow } from "./record.ts";

const COLUMNS = ["file", "row", "id", "reason", "detail"] as const;

/** Writes the excluded rows as CSV, one a line, in the order of the reader. */
export async function writeExcluded(file: string, excluded: readonly ExcludedRow[]): Promise<void> {
  const lines = excluded.map((row) => COLUMNS.map((column) => csvField(String(row[column]))).join(","));
  await writeFileAtomic(file, `${[COLUMNS.join(","), ...lines].join("\n")}\n`);
}

/** A field, quoted where RFC 4180 asks for it. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
