import path from "node:path";
import { z } from "zod";
import { type HospitalSourceInput, hospitalSourceSchema } from "../datasets/hospital-source.ts";
import { readHospital, sourceLabels } from "../datasets/read-hospital.ts";
import type { HospitalTable } from "../datasets/record.ts";
import { readTable } from "../datasets/table-file.ts";
import type { Label } from "../labels/label.ts";
import { spokenLabels, tallyLabels } from "../labels/label-tally.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { UserError } from "../util/user-error.ts";

/** The formats that cohorts can be drawn from: a table of ours, or a hospital's own files. */
export const COHORT_SOURCE_KINDS = ["parquet", "mimic", "chexpert", "nih", "folder"] as const;

/** Where the records come from, as the command line says it. */
export const cohortSourceSchema = z.strictObject({
  kind: z.enum(COHORT_SOURCE_KINDS).default("parquet"),
  /** The table. Needed for Parquet; else the one of the usual name in the root. */
  table: z.string().min(1).optional(),
  /** The folder of the hospital's tables; by default the one that the table lies in. */
  root: z.string().min(1).optional(),
  /** Which of the hospital's own splits to draw from. */
  split: z.string().min(1).optional(),
  /** The hospital's name in the records; by default the kind. */
  site: z.string().min(1).optional(),
});
export type CohortSource = z.input<typeof cohortSourceSchema>;

/** A table to draw from, and what its hospital can state. */
export interface SourceTable {
  readonly table: HospitalTable;
  readonly stated: readonly Label[];
}

/**
 * Reads the tables and looks at no image. A Parquet table states the labels of which any row says something.
 * Throws UserError (usage) where the source does not say enough.
 */
export async function readCohortSource(source: CohortSource): Promise<SourceTable> {
  const { kind, table, root, split, site } = cohortSourceSchema.parse(source);
  if (kind === "parquet") {
    if (table === undefined) throw new UserError("cohort make: give the table, --table FILE.parquet", 2);
    const records = await readTable(table);
    const stated = spokenLabels(tallyLabels(records.map(({ labels }) => labels)));
    return { table: { records, excluded: [], sourceRows: records.length }, stated };
  }
  const folder = root ?? (table === undefined ? undefined : path.dirname(table));
  if (folder === undefined)
    throw new UserError("cohort make: give the hospital's folder, --root FOLDER, or --table FILE", 2);
  const parsed = hospitalSourceSchema.safeParse({
    kind,
    root: path.resolve(folder),
    site: site ?? kind,
    images: "unchecked",
    ...(table === undefined ? {} : { table: path.resolve(table) }),
    ...(split === undefined ? {} : { set: split }),
  });
  if (!parsed.success) {
    // The option is called --split, since a study's settings are given by --set.
    const issue = describeIssue(parsed.error, "kind").replace(/^set\b/, "--split");
    throw new UserError(`cohort make: ${issue}`, 2);
  }
  const input: HospitalSourceInput = parsed.data;
  return { table: await readHospital(input), stated: sourceLabels(input) };
}
