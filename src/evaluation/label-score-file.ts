import { z } from "zod";
import { byLabel, LABELS } from "../labels/label.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { type ParquetColumn, readParquet, writeParquet } from "../util/parquet.ts";
import { UserError } from "../util/user-error.ts";
import type { LogOdds } from "./label-scores.ts";

/** How sure one model was of each label of one image, as `predictions/<model>@<data>.scores.parquet` holds it. */
export interface LabelScoreRow {
  readonly id: string;
  readonly patient: string;
  readonly site: string;
  /** Null where the answer could not be read. */
  readonly logOdds: LogOdds;
}

const COLUMNS: readonly ParquetColumn[] = [
  { name: "id", type: "VARCHAR" },
  { name: "patient", type: "VARCHAR" },
  { name: "site", type: "VARCHAR" },
  // Nats: the answer with the label against that without it; null where the answer could not be read.
  ...LABELS.map((name) => ({ name, type: "DOUBLE" }) as const),
];

const rowSchema = z.object({
  id: z.string(),
  patient: z.string(),
  site: z.string(),
  ...byLabel(() => z.number().nullable()),
});

export async function writeLabelScores(file: string, rows: readonly LabelScoreRow[]): Promise<void> {
  const flat = rows.map(({ logOdds, ...head }) => ({
    ...head,
    ...byLabel((label) => (logOdds === null ? null : logOdds[label])),
  }));
  await writeParquet(file, COLUMNS, flat);
}

/** Reads scores back. Throws UserError naming file, row and key, also where a row has the scores of some labels only. */
export async function readLabelScores(file: string): Promise<LabelScoreRow[]> {
  const rows = await readParquet(
    file,
    COLUMNS.map(({ name }) => name),
    "scores of labels",
  );
  return rows.map((row, index) => {
    const refuse = (why: string) =>
      new UserError(`${file}: row ${index + 1}, ${why}; delete it and run again`);
    const { data, error } = rowSchema.safeParse(row);
    if (error !== undefined) throw refuse(describeIssue(error, "the row"));
    const { id, patient, site } = data;
    const given = LABELS.filter((label) => data[label] !== null);
    if (given.length === 0) return { id, patient, site, logOdds: null };
    const lacking = LABELS.find((label) => data[label] === null);
    if (lacking !== undefined) throw refuse(`${lacking}: no score beside those of other labels`);
    return { id, patient, site, logOdds: byLabel((label) => data[label] ?? Number.NaN) };
  });
}
