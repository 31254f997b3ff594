import { z } from "zod";
import { imageRecordSchema } from "../datasets/record-schema.ts";
import { readJsonLineFile, writeJsonLineFile } from "../util/json-line-file.ts";
import { UserError } from "../util/user-error.ts";
import { COHORT_USES, type Cohort, type SetAside } from "./cohort.ts";
import { assertPatientDisjoint } from "./disjoint.ts";

/**
 * Writes `cohorts/<name>.jsonl`: one record a line, each with its set, use and rule, so that a line copied elsewhere
 * still says what it was for.
 */
export async function writeCohort(file: string, { name, use, rule, records }: Cohort): Promise<void> {
  await writeJsonLineFile(
    file,
    records.map((record) => ({ set: name, use, rule, ...record })),
  );
}

/** Writes the records that are in no set, one a line with the reason. */
export async function writeSetAside(file: string, setAside: readonly SetAside[]): Promise<void> {
  await writeJsonLineFile(file, setAside);
}

const lineSchema = imageRecordSchema.extend({
  set: z.string().min(1),
  use: z.enum(COHORT_USES),
  rule: z.string(),
});
const TERMS = { what: "cohort", remedy: "draw the cohorts again" };

/** Reads a cohort back. Throws UserError, with the line, when the file is missing, empty or not of this form. */
export async function readCohort(file: string): Promise<Cohort> {
  const lines = await readJsonLineFile(file, lineSchema, TERMS);
  const first = lines[0]?.row;
  if (first === undefined) throw new UserError(`cohort ${file} is empty; ${TERMS.remedy}`);
  const { set, use, rule } = first;
  const other = lines.find(({ row }) => row.set !== set || row.use !== use || row.rule !== rule);
  if (other !== undefined)
    throw new UserError(
      `${other.where}: another set, use or rule than in the first line; one file holds one set`,
    );
  const records = lines.map(({ row: { set: _set, use: _use, rule: _rule, ...record } }) => record);
  const cohort = { name: set, use, rule, records };
  assertPatientDisjoint([cohort]);
  return cohort;
}
