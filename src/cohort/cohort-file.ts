import { readFile } from "node:fs/promises";
import { z } from "zod";
import { imageRecordSchema } from "../datasets/record-schema.ts";
import { describeIssue } from "../util/describe-issue.ts";
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

const lineSchema = imageRecordSchema.extend({
  set: z.string().min(1),
  use: z.enum(COHORT_USES),
  rule: z.string(),
});

/** Reads a cohort back. Throws UserError, with the line, when the file is missing, empty or not of this form. */
export async function readCohort(file: string): Promise<Cohort> {
  const lines = (await readText(file)).split("\n").flatMap((text, index) => {
    const where = `${file}:${index + 1}`;
    return text === "" ? [] : [{ where, ...parseLine(where, text) }];
  });
  const [head] = lines;
  if (head === undefined) throw new UserError(`${file}: the cohort is empty; draw the cohorts again`);
  const other = lines.find(
    ({ set, use, rule }) => set !== head.set || use !== head.use || rule !== head.rule,
  );
  if (other !== undefined)
    throw new UserError(
      `${other.where}: another set, use or rule than in the first line; one file holds one set`,
    );
  const cohort = {
    name: head.set,
    use: head.use,
    rule: head.rule,
    records: lines.map(({ record }) => record),
  };
  assertPatientDisjoint([cohort]);
  return cohort;
}

function parseLine(where: string, text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${where}: not a line of JSON; draw the cohorts again`, 1, { cause: error });
  }
  const { data, error } = lineSchema.safeParse(value);
  if (error !== undefined) throw new UserError(`${where}: ${describeIssue(error, "line")}`);
  const { set, use, rule, ...record } = data;
  return { set, use, rule, record };
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
