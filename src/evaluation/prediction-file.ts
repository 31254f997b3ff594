import { z } from "zod";
import { byLabel, LABELS, type Label } from "../labels/label.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { type ParquetColumn, readParquet, writeParquet } from "../util/parquet.ts";
import { UserError } from "../util/user-error.ts";

/** One model's answer for one image, as `predictions/<model>@<data>.parquet` holds it. */
export interface Prediction {
  readonly id: string;
  readonly patient: string;
  readonly site: string;
  /** The model's whole answer. */
  readonly text: string;
  readonly tokens: number;
  readonly finish: "stop" | "length";
  /** Why the answer could not be read; null when it could. */
  readonly failure: string | null;
  /** Null when the answer could not be read. */
  readonly labels: readonly Label[] | null;
}

const COLUMNS: readonly ParquetColumn[] = [
  { name: "id", type: "VARCHAR" },
  { name: "patient", type: "VARCHAR" },
  { name: "site", type: "VARCHAR" },
  { name: "text", type: "VARCHAR" },
  { name: "tokens", type: "DOUBLE" },
  { name: "finish", type: "VARCHAR" },
  { name: "failure", type: "VARCHAR" },
  // 1 named, 0 not named; null where the answer could not be read.
  ...LABELS.map((name) => ({ name, type: "TINYINT" }) as const),
];

const rowSchema = z.object({
  id: z.string(),
  patient: z.string(),
  site: z.string(),
  text: z.string(),
  tokens: z.number(),
  finish: z.enum(["stop", "length"]),
  failure: z.string().nullable(),
  ...byLabel(() => z.union([z.literal(0), z.literal(1), z.null()])),
});

export async function writePredictions(file: string, predictions: readonly Prediction[]): Promise<void> {
  const rows = predictions.map(({ labels, ...head }) => ({
    ...head,
    ...byLabel((label) => (labels === null ? null : labels.includes(label) ? 1 : 0)),
  }));
  await writeParquet(file, COLUMNS, rows);
}

/** Reads predictions back. Throws UserError naming file, row and key. */
export async function readPredictions(file: string): Promise<Prediction[]> {
  const rows = await readParquet(
    file,
    COLUMNS.map(({ name }) => name),
  );
  return rows.map((row, index) => {
    const { data, error } = rowSchema.safeParse(row);
    if (error !== undefined)
      throw new UserError(`${file}: row ${index + 1}, ${describeIssue(error, "the row")}`);
    const { id, patient, site, text, tokens, finish, failure } = data;
    const labels = failure === null ? LABELS.filter((label) => data[label] === 1) : null;
    return { id, patient, site, text, tokens, finish, failure, labels };
  });
}
