import path from "node:path";
import { countReasons } from "../util/count-reasons.ts";
import { UserError } from "../util/user-error.ts";
import { writeExcluded } from "./excluded-file.ts";
import type { HospitalSourceInput } from "./hospital-source.ts";
import { readHospital } from "./read-hospital.ts";
import type { ImageProgress } from "./table-builder.ts";
import { writeTable } from "./table-file.ts";

/** What became of a hospital's rows: `chexreason data import --json`. */
export interface ImportReport {
  readonly schema: "chexreason.data-import/1";
  readonly name: string;
  readonly table: string;
  readonly excludedFile: string;
  /** Equals records + excluded. */
  readonly sourceRows: number;
  readonly records: number;
  readonly excluded: number;
  /** How many were excluded for each reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Images decoded to their end, now or at an earlier import; null where they were not to be. */
  readonly verified: number | null;
  /** Those of an earlier import, not opened again as they are as they were. */
  readonly reused: number;
}

/**
 * Reads a hospital's release into `<out>/<site>.parquet`; every source row that is not in it is in
 * `<out>/<site>.excluded.csv` with its reason. What decoding the images showed is kept in `<out>/<site>.verified.jsonl`,
 * so that an import that is repeated, or was interrupted, opens only what it has not seen.
 */
export async function importHospital(
  source: HospitalSourceInput,
  out: string,
  onProgress?: ImageProgress,
): Promise<ImportReport> {
  const name = source.site;
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._ -]*$/u.test(name))
    throw new UserError(`--name ${name}: it becomes a file's name; use letters, digits, ".", "_" and "-"`, 2);
  const verified = path.join(out, `${name}.verified.jsonl`);
  const read = await readHospital({ verified, ...source }, onProgress);
  const { records, excluded, sourceRows } = read;
  const table = path.join(out, `${name}.parquet`);
  const excludedFile = path.join(out, `${name}.excluded.csv`);
  await writeTable(table, records);
  await writeExcluded(excludedFile, excluded);
  return {
    schema: "chexreason.data-import/1",
    name,
    table,
    excludedFile,
    sourceRows,
    records: records.length,
    excluded: excluded.length,
    reasons: countReasons(excluded),
    verified: read.hashes === undefined ? null : read.hashes.size,
    reused: read.verification?.reused ?? 0,
  };
}

/** The same as text: counts that add up, and where the files are. */
export function renderImport(report: ImportReport): string {
  const { sourceRows, records, excluded, reasons, table, excludedFile, verified, reused } = report;
  const number = (value: number): string => new Intl.NumberFormat("en").format(value);
  const looked =
    verified === null
      ? "the images were not decoded"
      : `${number(verified)} images decode to their end (${number(reused)} files known from before)`;
  return [
    `${number(sourceRows)} rows = ${number(records)} in ${table} + ${number(excluded)} in ${excludedFile}`,
    ...Object.entries(reasons).map(([reason, count]) => `  ${reason}: ${number(count)}`),
    looked,
    "",
  ].join("\n");
}
