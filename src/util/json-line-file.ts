import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { describeIssue } from "./describe-issue.ts";
import { writeFileAtomic } from "./files.ts";
import { messageOf, UserError } from "./user-error.ts";

/** A row of a file of JSON lines, with its place in it. */
export interface JsonLine<T> {
  readonly row: T;
  /** 1-based line. */
  readonly line: number;
  /** File and line, to head an error. */
  readonly where: string;
}

/** What errors about a file say: what it is ("traces"), and what to do ("teach again"). */
export interface JsonLineTerms {
  readonly what: string;
  readonly remedy: string;
}

/** Writes one line of JSON a row, whole or not at all. */
export async function writeJsonLineFile(file: string, rows: readonly object[]): Promise<void> {
  await writeFileAtomic(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

/**
 * Reads such a file; blank lines are passed over.
 * @throws UserError when it cannot be read, or naming the line and key that is not of the schema
 */
export async function readJsonLineFile<T>(
  file: string,
  schema: z.ZodType<T>,
  terms: JsonLineTerms,
): Promise<JsonLine<T>[]> {
  const { what, remedy } = terms;
  const content = await readFile(file, "utf8").catch((error: unknown) => {
    throw new UserError(`${what} ${file} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  });
  return content.split("\n").flatMap((text, index) => {
    if (text.trim() === "") return [];
    const line = index + 1;
    const where = `${what} ${file}, line ${line}`;
    const refuse = (why: string, cause: unknown) =>
      new UserError(`${where}: ${why}; ${remedy}`, 1, { cause });
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw refuse("not JSON", error);
    }
    const { data, error } = schema.safeParse(value);
    if (error !== undefined) throw refuse(describeIssue(error, "the line"), error);
    return [{ row: data, line, where }];
  });
}
