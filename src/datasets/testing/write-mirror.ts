import { mkdir } from "node:fs/promises";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** A row of NIH's Parquet mirror. */
export interface MirrorRow {
  readonly bytes: Uint8Array | null;
  readonly path: string | null;
  readonly findings: readonly string[];
  readonly patient: number;
  readonly age?: number;
  readonly sex?: string;
  readonly view?: string;
}

export const MIRROR_COLUMNS = [
  "image",
  "label",
  "Patient Age",
  "Patient Gender",
  "View Position",
  "Patient ID",
] as const;

/** Writes a Parquet file with the mirror's columns and types, in the given order, and perhaps others. */
export async function writeMirror(
  file: string,
  rows: readonly MirrorRow[],
  columns: readonly string[] = MIRROR_COLUMNS,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const selects = rows.map((row) => {
    const cells: Readonly<Record<string, string>> = {
      image: `{'bytes': ${row.bytes === null ? "NULL::BLOB" : `from_hex('${Buffer.from(row.bytes).toString("hex")}')`}, 'path': ${text(row.path)}}`,
      label: `[${row.findings.map(text).join(", ")}]::VARCHAR[]`,
      "Patient Age": `${row.age ?? 50}::INTEGER`,
      "Patient Gender": text(row.sex ?? "F"),
      "View Position": text(row.view ?? "PA"),
      "Patient ID": `${row.patient}::INTEGER`,
    };
    return `SELECT ${columns.map((name) => `${cells[name] ?? "'other, \"column\"'"} AS "${name}"`).join(", ")}`;
  });
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(`COPY (${selects.join(" UNION ALL ")}) TO ${text(file)} (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

const text = (value: string | null): string =>
  value === null ? "NULL::VARCHAR" : `'${value.replaceAll("'", "''")}'`;
