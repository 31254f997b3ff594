import path from "node:path";
import { statedLabels } from "../labels/convention.ts";
import { canonicalOrder, type Label } from "../labels/label.ts";
import { describeIssue } from "../util/describe-issue.ts";
import { UserError } from "../util/user-error.ts";
import { type HospitalSource, type HospitalSourceInput, hospitalSourceSchema } from "./hospital-source.ts";
import { readChexpert } from "./read-chexpert.ts";
import { readFolder } from "./read-folder.ts";
import { readMimic } from "./read-mimic.ts";
import { readNih } from "./read-nih.ts";
import type { HospitalTable } from "./record.ts";
import type { ImageProgress } from "./table-builder.ts";

/**
 * Reads one hospital's files. Every source row is in the result once, as a record or as an exclusion with its
 * reason. Throws UserError where the tables cannot be read at all, or nothing in them can be used.
 */
export async function readHospital(
  input: HospitalSourceInput,
  onProgress?: ImageProgress,
): Promise<HospitalTable> {
  const source = parseSource(input);
  const table = await dispatch(source, onProgress);
  if (table.records.length === 0) {
    throw new UserError(`${source.root}: none of ${table.sourceRows} rows can be used: ${reasonsOf(table)}`);
  }
  return table;
}

/** The labels that a source can state, in canonical order. */
export function sourceLabels(input: HospitalSourceInput): readonly Label[] {
  const source = parseSource(input);
  if (source.kind === "folder") return canonicalOrder(source.stated);
  return source.kind === "nih" ? statedLabels("nih", source) : statedLabels(source.kind);
}

function parseSource(input: HospitalSourceInput): HospitalSource {
  const parsed = hospitalSourceSchema.safeParse(input);
  if (!parsed.success) throw new UserError(`data source, ${describeIssue(parsed.error, "kind")}`, 2);
  return { ...parsed.data, root: path.resolve(parsed.data.root) };
}

function dispatch(source: HospitalSource, onProgress?: ImageProgress): Promise<HospitalTable> {
  switch (source.kind) {
    case "mimic":
      return readMimic(source, onProgress);
    case "chexpert":
      return readChexpert(source, onProgress);
    case "nih":
      return readNih(source, onProgress);
    case "folder":
      return readFolder(source, onProgress);
  }
}

function reasonsOf({ excluded }: HospitalTable): string {
  const counts = new Map<string, number>();
  for (const { reason } of excluded) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${reason} ${count}`).join(", ") || "the table has no rows";
}
