import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { messageOf, UserError } from "../util/user-error.ts";
import { CsvSplitter } from "./csv-splitter.ts";

/** One row of a table, its fields by column name. */
export interface CsvRow {
  /** 1-based line on which the row begins, the header being line 1. */
  readonly line: number;
  /** Set when the row has not as many fields as the header; its fields are then not to be trusted. */
  readonly problem: string | null;
  /** The field, without surrounding blanks; "" where the row or the table lacks the column. */
  get(column: string): string;
}

/** What a table's header says. */
export interface CsvHeader {
  readonly columns: readonly string[];
  has(column: string): boolean;
}

/**
 * Reads a CSV table (RFC 4180; LF or CRLF; a byte-order mark is skipped; gzip is read in place) row by row, by column
 * name. `start` is given the header once and returns what is called with every row. Lines that are blank are no rows.
 * Returns the number of rows.
 * Throws UserError when the file cannot be read, has no header, or lacks a required column.
 */
export async function readCsv(
  file: string,
  required: readonly string[],
  start: (header: CsvHeader) => (row: CsvRow) => void,
): Promise<number> {
  const splitter = new CsvSplitter(file);
  let rows = 0;
  let onRow: ((line: number, fields: string[]) => void) | undefined;
  const take = (line: number, fields: string[]): void => {
    if (onRow !== undefined) {
      rows++;
      onRow(line, fields);
      return;
    }
    const index = indexHeader(file, fields, required);
    const visit = start({ columns: [...index.keys()], has: (column) => index.has(column) });
    onRow = (at, cells) => visit(new Row(at, cells, index, fields.length));
  };
  try {
    const decoder = new TextDecoder("utf-8");
    for await (const chunk of await openText(file))
      splitter.push(decoder.decode(chunk as Uint8Array, { stream: true }), take);
    splitter.push(decoder.decode(), take);
    splitter.end(take);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file}: cannot be read: ${messageOf(error)}`, 1, { cause: error });
  }
  if (onRow === undefined) throw new UserError(`${file}: the table is empty; a header line is needed`);
  return rows;
}

class Row implements CsvRow {
  readonly line: number;
  readonly problem: string | null;
  private readonly fields: readonly string[];
  private readonly index: ReadonlyMap<string, number>;

  constructor(line: number, fields: readonly string[], index: ReadonlyMap<string, number>, width: number) {
    this.line = line;
    this.fields = fields;
    this.index = index;
    this.problem = fields.length === width ? null : `${fields.length} fields where the header has ${width}`;
  }

  get(column: string): string {
    const at = this.index.get(column);
    return at === undefined ? "" : (this.fields[at] ?? "").trim();
  }
}

function indexHeader(
  file: string,
  fields: readonly string[],
  required: readonly string[],
): Map<string, number> {
  const index = new Map<string, number>();
  const twice = new Set<string>();
  fields.forEach((field, at) => {
    const name = field.trim();
    if (index.has(name)) twice.add(name);
    else index.set(name, at);
  });
  for (const column of required) {
    if (!index.has(column))
      throw new UserError(`${file}: no column "${column}"; it has ${[...index.keys()].join(", ")}`);
    if (twice.has(column)) throw new UserError(`${file}: two columns are called "${column}"; keep one`);
  }
  return index;
}

/** The file's text as bytes; gzip is known by its first two bytes, not by the name. */
async function openText(file: string): Promise<Readable> {
  const handle = await open(file, "r");
  const magic = new Uint8Array(2);
  try {
    await handle.read(magic, 0, 2, 0);
  } finally {
    await handle.close();
  }
  const source = createReadStream(file, { highWaterMark: 1 << 18 });
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return source;
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  source.on("error", (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}
