import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import {
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBValue,
  TINYINT,
  VARCHAR,
} from "@duckdb/node-api";
import { LABELS, type LabelValue } from "../labels/label.ts";
import { syncFolder } from "../util/files.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import type { ImageRecord } from "./record.ts";
import { labelRowSchema, recordFieldsSchema } from "./record-schema.ts";

/**
 * A study's table: one Parquet row an image, columns id, patient, study, image, view, sex, age, site, licence and the
 * 14 labels by name as nullable TINYINT (1, 0, -1). Same records, same bytes (one thread, rows in order).
 */
const TEXT_COLUMNS = ["id", "patient", "study", "image", "view", "sex", "site", "licence"] as const;

/** Rows handed to DuckDB at a time: its vector size. */
const CHUNK_ROWS = 2048;

/** Writes the records, atomically; makes missing folders. */
export async function writeTable(file: string, records: readonly ImageRecord[]): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  await mkdir(folder, { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await withDuckDb(async (connection) => {
      await fillTable(connection, records);
      await connection.run(`COPY record TO ${quoteText(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    });
    await syncFile(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Reads such a table. Throws UserError when the file is missing, no Parquet, or not of this form. */
export async function readTable(file: string): Promise<ImageRecord[]> {
  const columns = [...TEXT_COLUMNS, "age", ...LABELS].map(quoteName).join(", ");
  let rows: Record<string, unknown>[];
  try {
    rows = await withDuckDb(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT ${columns} FROM read_parquet(${quoteText(file)})`,
      );
      return reader.getRowObjectsJS();
    });
  } catch (error) {
    throw new UserError(`${file}: cannot be read as a table of images: ${messageOf(error)}`, 1, {
      cause: error,
    });
  }
  return rows.map((row, index) => recordOf(file, row, index));
}

function recordOf(file: string, row: Record<string, unknown>, index: number): ImageRecord {
  const record = recordFieldsSchema.safeParse(row);
  const labels = labelRowSchema.safeParse(row);
  if (record.success && labels.success) return { ...record.data, labels: labels.data };
  const issue = (record.error ?? labels.error)?.issues[0];
  throw new UserError(`${file}: row ${index + 1}, ${issue?.path.join(".")}: ${issue?.message}`);
}

async function fillTable(connection: DuckDBConnection, records: readonly ImageRecord[]): Promise<void> {
  const text = TEXT_COLUMNS.map((name) => `${quoteName(name)} VARCHAR`);
  const labels = LABELS.map((label) => `${quoteName(label)} TINYINT`);
  await connection.run(`CREATE TABLE record (${[...text, "age DOUBLE", ...labels].join(", ")})`);
  const types = [...TEXT_COLUMNS.map(() => VARCHAR), DOUBLE, ...LABELS.map(() => TINYINT)];
  const appender = await connection.createAppender("record");
  for (let at = 0; at < records.length; at += CHUNK_ROWS) {
    const slice = records.slice(at, at + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create(types);
    const values: (DuckDBValue | LabelValue)[][] = [
      ...TEXT_COLUMNS.map((name) => slice.map((record) => record[name])),
      slice.map(({ age }) => age),
      ...LABELS.map((label) => slice.map((record) => record.labels[label])),
    ];
    chunk.setColumns(values);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

async function withDuckDb<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    preserve_insertion_order: "true",
  });
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
