import { readFile } from "node:fs/promises";
import { z } from "zod";
import { imageRecordSchema } from "../datasets/record-schema.ts";
import { writeFileAtomic } from "../util/files.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { COHORT_USES, type Cohort, type SetAside } from "./cohort.ts";
import { assertPatientDisjoint } from "./disjoint.ts";

/**
 * Writes `cohorts/<name>.jsonl`: one record a line, each with its set, use and rule, so that a line copied elsewhere
 * still says what it was for.
 */
export async function writeCohort(file: string, { name, use, rule, records }: Cohort): Promise<void> {
  await writeLines(
    file,
    records.map((record) => ({ set: name, use, rule, ...record })),
  );
}

/** Writes the records that are in no set, one a line with the reason. */
export async function writeSetAside(file: string, setAside: readonly SetAside[]): Promise<void> {
  await writeLines(file, setAside);
}

const headSchema = z.object({ set: z.string().min(1), use: z.enum(COHORT_USES), rule: z.string() });

/** Reads a cohort back. Throws UserError, with the line, when the file is missing, empty or not of this form. */
export async function readCohort(file: string): Promise<Cohort> {
  const lines = (await readText(file)).split("\n").filter((line) => line !== "");
  const parsed = lines.map((line, index) => parseLine(`${file}:${index + 1}`, line));
  const head = parsed[0]?.head;
  if (head === undefined) throw new UserError(`${file}: the cohort is empty; draw the cohorts again`);
  const other = parsed.findIndex(({ head: { set, use } }) => set !== head.set || use !== head.use);
  if (other >= 0)
    throw new UserError(`${file}:${other + 1}: another set or use than in line 1; one file holds one set`);
  const cohort = {
    name: head.set,
    use: head.use,
    rule: head.rule,
    records: parsed.map(({ record }) => record),
  };
  assertPatientDisjoint([cohort]);
  return cohort;
}

function parseLine(where: string, line: string) {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new UserError(`${where}: not a line of JSON; draw the cohorts again`, 1, { cause: error });
  }
  const head = headSchema.safeParse(value);
  const record = imageRecordSchema.safeParse(value);
  if (head.success && record.success) return { head: head.data, record: record.data };
  const issue = (head.error ?? record.error)?.issues[0];
  throw new UserError(`${where}: ${issue?.path.join(".") || "line"}: ${issue?.message}`);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UserError(`${file}: the cohort cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
}

async function writeLines(file: string, lines: readonly object[]): Promise<void> {
  await writeFileAtomic(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
