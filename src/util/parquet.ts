import {
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  TINYINT,
  VARCHAR,
} from "@duckdb/node-api";
import { replaceFile } from "./files.ts";
import { slices } from "./slices.ts";
import { messageOf, UserError } from "./user-error.ts";

/** Column types used here, all nullable. */
const TYPES = { VARCHAR, DOUBLE, TINYINT } as const satisfies Record<string, DuckDBType>;

export interface ParquetColumn {
  readonly name: string;
  readonly type: keyof typeof TYPES;
}

/** A row to be written, by column name; a column that is missing is null. */
export type ParquetRow = Readonly<Record<string, string | number | null>>;

/** Rows handed to DuckDB at a time: its vector size. */
const CHUNK_ROWS = 2048;

/** Writes rows as Parquet, whole or not at all; makes missing folders. Same rows, same bytes (one thread, in order). */
export function writeParquet(
  file: string,
  columns: readonly ParquetColumn[],
  rows: readonly ParquetRow[],
): Promise<void> {
  return writeParquetOf(file, columns, rows, (row, column) => row[column] ?? null);
}

/**
 * The same of things that are no rows by themselves: a copy of each as a row takes longer than the writing where they are
 * hundreds of thousands.
 */
export async function writeParquetOf<Thing>(
  file: string,
  columns: readonly ParquetColumn[],
  things: readonly Thing[],
  cellOf: (thing: Thing, column: string) => string | number | null,
): Promise<void> {
  await replaceFile(file, (temporary) =>
    withDuckDb(async (connection) => {
      await fill(connection, columns, things, cellOf);
      await connection.run(`COPY rows TO ${quoteText(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    }),
  );
}

/**
 * Rows of a Parquet file, in order. Integers of any width, also BIGINT as pandas writes them, come as numbers.
 * @param what what the file should be, for the error's text: "a table of images"
 * @throws UserError when the file is missing, no Parquet, lacks a column, or holds an integer past what a number
 * holds exactly
 */
export async function readParquet(
  file: string,
  columns: readonly string[],
  what = "a table",
): Promise<Record<string, unknown>[]> {
  return orExplain(file, what, async (connection) => {
    const names = columns.map(quoteName).join(", ");
    const reader = await connection.runAndReadAll(`SELECT ${names} FROM ${tableOf(file)}`);
    return reader.getRowObjectsJS().map(withNumbers);
  });
}

/**
 * Hands on the rows of a Parquet file in order, a part of the file at a time, so that a file of pictures does not have
 * to fit into memory. `select` says under which name each column, or field within a column, is to come. Errors as
 * `readParquet`'s; what `visit` throws is thrown on.
 */
export async function streamParquet(
  file: string,
  select: Readonly<Record<string, readonly string[]>>,
  what: string,
  visit: (row: Record<string, unknown>) => Promise<void> | void,
): Promise<void> {
  const columns = Object.entries(select).map(
    ([name, field]) => `${field.map(quoteName).join(".")} AS ${quoteName(name)}`,
  );
  let thrown: { readonly error: unknown } | undefined;
  try {
    await orExplain(file, what, async (connection) => {
      const result = await connection.stream(`SELECT ${columns.join(", ")} FROM ${tableOf(file)}`);
      for await (const rows of result.yieldRowObjectJs()) {
        for (const row of rows) {
          const numbered = withNumbers(row);
          try {
            await visit(numbered);
          } catch (error) {
            thrown = { error };
            throw error;
          }
        }
      }
    });
  } catch (error) {
    throw thrown === undefined ? error : thrown.error;
  }
}

/** The names of a Parquet file's columns. Errors as `readParquet`'s. */
export async function parquetColumns(file: string, what = "a table"): Promise<string[]> {
  return orExplain(file, what, async (connection) => {
    const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${tableOf(file)}`);
    return reader.getRowObjectsJS().map((row) => String(row.column_name));
  });
}

/** Works on a file; DuckDB's errors become one line that names it. */
async function orExplain<T>(
  file: string,
  what: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  try {
    return await withDuckDb(work);
  } catch (error) {
    throw new UserError(`${file}: cannot be read as ${what}: ${messageOf(error).split("\n")[0]}`, 1, {
      cause: error,
    });
  }
}

/**
 * This one file: DuckDB would take `*`, `?` and `[` in a path for a pattern, and `id=7` in a folder's name for a column
 * `id` that hides the file's own.
 */
function tableOf(file: string): string {
  return `read_parquet(${quoteText(file.replace(/[[*?]/g, "[$&]"))}, hive_partitioning = false)`;
}

/** DuckDB gives integers of 64 bits and more as bigint, which JSON and comparisons with numbers do not take. */
function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === "bigint" ? exactNumber(value) : value,
    ]),
  );
}

function exactNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error(`the integer ${value} is too large`);
  return number;
}

async function fill<Thing>(
  connection: DuckDBConnection,
  columns: readonly ParquetColumn[],
  things: readonly Thing[],
  cellOf: (thing: Thing, column: string) => string | number | null,
): Promise<void> {
  await connection.run(
    `CREATE TABLE rows (${columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(", ")})`,
  );
  const types = columns.map(({ type }) => TYPES[type]);
  const appender = await connection.createAppender("rows");
  for (const slice of slices(things, CHUNK_ROWS)) {
    const chunk = DuckDBDataChunk.create(types);
    chunk.setColumns(columns.map(({ name }) => slice.map((thing) => cellOf(thing, name))));
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
