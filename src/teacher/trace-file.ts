import { readFile } from "node:fs/promises";
import { describeIssue } from "../util/describe-issue.ts";
import { writeFileAtomic } from "../util/files.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { type Trace, traceSchema } from "./trace.ts";

/** Writes traces as JSON lines, whole or not at all. */
export async function writeTraceFile(file: string, traces: readonly Trace[]): Promise<void> {
  await writeFileAtomic(file, traces.map((trace) => `${JSON.stringify(trace)}\n`).join(""));
}

/**
 * Reads traces back, each line checked against the schema, each record once. Throws a UserError that names the file,
 * the line and the key.
 */
export async function readTraceFile(file: string): Promise<Trace[]> {
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch (error) {
    throw new UserError(`traces ${file} cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
  const traces: Trace[] = [];
  const lineOf = new Map<string, number>();
  for (const [index, line] of content.split("\n").entries()) {
    if (line.trim() === "") continue;
    const number = index + 1;
    const trace = readLine(line, `traces ${file}, line ${number}`);
    const key = JSON.stringify([trace.site, trace.id, trace.format]);
    const earlier = lineOf.get(key);
    if (earlier !== undefined) {
      throw new UserError(
        `traces ${file}, line ${number}: id ${trace.id} stands on line ${earlier} already; keep one of the two`,
      );
    }
    lineOf.set(key, number);
    traces.push(trace);
  }
  return traces;
}

function readLine(line: string, where: string): Trace {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new UserError(`${where}: not JSON (${messageOf(error)}); was the file cut off?`, 1, {
      cause: error,
    });
  }
  const parsed = traceSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(`${where}: ${describeIssue(parsed.error, "the line")}`);
}
