import { readJsonLineFile, writeJsonLineFile } from "../util/json-line-file.ts";
import { UserError } from "../util/user-error.ts";
import { type Trace, traceSchema } from "./trace.ts";

/** Writes traces as JSON lines, whole or not at all. */
export async function writeTraceFile(file: string, traces: readonly Trace[]): Promise<void> {
  await writeJsonLineFile(file, traces);
}

/**
 * Reads traces back, each line checked against the schema, each record once. Throws a UserError that names the file,
 * the line and the key.
 */
export async function readTraceFile(file: string): Promise<Trace[]> {
  const lines = await readJsonLineFile(file, traceSchema, { what: "traces", remedy: "teach again" });
  const lineOf = new Map<string, number>();
  for (const { row, line, where } of lines) {
    const key = JSON.stringify([row.site, row.id, row.format]);
    const earlier = lineOf.get(key);
    if (earlier !== undefined)
      throw new UserError(`${where}: id ${row.id} stands on line ${earlier} already; keep one of the two`);
    lineOf.set(key, line);
  }
  return lines.map(({ row }) => row);
}
