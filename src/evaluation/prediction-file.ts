import { z } from "zod";
import { LABELS, type Label } from "../labels/label.ts";
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

const headSchema = z.object({
  id: z.string(),
  patient: z.string(),
  site: z.string(),
  text: z.string(),
  tokens: z.number(),
  finish: z.enum(["stop", "length"]),
  failure: z.string().nullable(),
});
const labelsSchema = z.record(z.enum(LABELS), z.union([z.literal(0), z.literal(1), z.null()]));

export async function writePredictions(file: string, predictions: readonly Prediction[]): Promise<void> {
  const rows = predictions.map(({ labels, ...head }) => ({
    ...head,
    ...Object.fromEntries(
      LABELS.map((label) => [label, labels === null ? null : labels.includes(label) ? 1 : 0]),
    ),
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
    const head = headSchema.safeParse(row);
    const labels = labelsSchema.safeParse(Object.fromEntries(LABELS.map((label) => [label, row[label]])));
    if (!head.success || !labels.success) {
      const issue = (head.error ?? labels.error)?.issues[0];
      throw new UserError(`${file}: row ${index + 1}, ${issue?.path.join(".")}: ${issue?.message}`);
    }
    const named = head.data.failure === null ? LABELS.filter((label) => labels.data[label] === 1) : null;
    return { ...head.data, labels: named };
  });
}
