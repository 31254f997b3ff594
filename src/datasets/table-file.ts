import { isLabel, LABELS, labelRow } from "../labels/label.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { type ParquetColumn, readParquet, writeParquetOf } from "../util/parquet.ts";
import { UserError } from "../util/user-error.ts";
import type { ImageRecord } from "./record.ts";
import { tableRowSchema } from "./record-schema.ts";

/** A study's table: one row an image, the 14 labels by name (1, 0, -1, null). */
const TEXT_FIELDS = ["id", "patient", "study", "image", "view", "sex", "site", "licence"] as const;
const COLUMNS: readonly ParquetColumn[] = [
  ...TEXT_FIELDS.map((name) => ({ name, type: "VARCHAR" }) as const),
  { name: "age", type: "DOUBLE" },
  ...LABELS.map((name) => ({ name, type: "TINYINT" }) as const),
];

/** Writes the records as Parquet, atomically; makes missing folders. Same records, same bytes. */
export async function writeTable(file: string, records: readonly ImageRecord[]): Promise<void> {
  await writeParquetOf(file, COLUMNS, records, cellOf);
}

function cellOf(record: ImageRecord, column: string): string | number | null {
  if (isLabel(column)) return record.labels[column];
  if (column === "age") return record.age;
  const field = TEXT_FIELDS.find((name) => name === column);
  if (field === undefined) throw new Error(`writeTable: a record has no ${column}`);
  return record[field];
}

/** Reads such a table. Throws UserError when the file is missing, no Parquet, or not of this form. */
export async function readTable(file: string): Promise<ImageRecord[]> {
  const names = COLUMNS.map(({ name }) => name);
  const rows = await readParquet(file, names, "a table of images");
  return rows.map((row, index) => recordOf(file, row, index));
}

function recordOf(file: string, row: Record<string, unknown>, index: number): ImageRecord {
  const { data, error } = tableRowSchema.safeParse(row);
  if (error !== undefined)
    throw new UserError(`${file}: row ${index + 1}, ${describeIssue(error, "the row")}`);
  const { id, patient, study, image, view, sex, age, site, licence } = data;
  return { id, patient, study, image, view, sex, age, site, licence, labels: labelRow(data) };
}
