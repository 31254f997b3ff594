import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
  TINYINT,
  VARCHAR,
} from "@duckdb/node-api";
import { syncFolder } from "./files.ts";
import { messageOf, UserError } from "./user-error.ts";

/** Column types used here, all nullable. */
const TYPES = { VARCHAR, DOUBLE, TINYINT, BIGINT, BOOLEAN } as const satisfies Record<string, DuckDBType>;

export interface ParquetColumn {
  readonly name: string;
  readonly type: keyof typeof TYPES;
}

/** Rows handed to DuckDB at a time: its vector size. */
const CHUNK_ROWS = 2048;

/** Writes rows as Parquet, whole or not at all; makes missing folders. Same rows, same bytes (one thread, in order). */
export async function writeParquet(
  file: string,
  columns: readonly ParquetColumn[],
  rows: readonly Readonly<Record<string, DuckDBValue>>[],
): Promise<void> {
  const folder = path.dirname(path.resolve(file));
  await mkdir(folder, { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await withDuckDb(async (connection) => {
      await fill(connection, columns, rows);
      await connection.run(`COPY rows TO ${quoteText(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    });
    const handle = await open(temporary, "r");
    await handle.sync();
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Rows of a Parquet file, in order. Throws UserError when the file is missing, no Parquet, or lacks a column. */
export async function readParquet(
  file: string,
  columns: readonly string[],
): Promise<Record<string, unknown>[]> {
  try {
    return await withDuckDb(async (connection) => {
      const names = columns.map(quoteName).join(", ");
      const reader = await connection.runAndReadAll(`SELECT ${names} FROM read_parquet(${quoteText(file)})`);
      return reader.getRowObjectsJS();
    });
  } catch (error) {
    throw new UserError(`${file}: cannot be read as a table: ${messageOf(error).split("\n")[0]}`, 1, {
      cause: error,
    });
  }
}

async function fill(
  connection: DuckDBConnection,
  columns: readonly ParquetColumn[],
  rows: readonly Readonly<Record<string, DuckDBValue>>[],
): Promise<void> {
  await connection.run(
    `CREATE TABLE rows (${columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(", ")})`,
  );
  const types = columns.map(({ type }) => TYPES[type]);
  const appender = await connection.createAppender("rows");
  for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
    const slice = rows.slice(at, at + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create(types);
    chunk.setColumns(columns.map(({ name }) => slice.map((row) => row[name] ?? null)));
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

const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
