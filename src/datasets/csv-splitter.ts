import { UserError } from "../util/user-error.ts";

/** Longest row, in characters. Real rows have a few hundred; a quote never closed would swallow the file. */
export const MAX_ROW_CHARACTERS = 1_000_000;

export type TakeFields = (line: number, fields: string[]) => void;

/** Cuts a stream of text into rows of fields by RFC 4180, quoted line breaks included. */
export class CsvSplitter {
  private readonly file: string;
  private rest = "";
  private line = 1;

  constructor(file: string) {
    this.file = file;
  }

  /** More text; every row that is complete now is handed on. */
  push(text: string, take: TakeFields): void {
    const all = this.rest === "" ? text : this.rest + text;
    let start = 0;
    let search = 0;
    let quotes = 0;
    for (;;) {
      const newline = all.indexOf("\n", search);
      if (newline < 0) break;
      quotes += countOf(all.slice(search, newline), '"');
      search = newline + 1;
      // A line break after an odd number of quotes is inside a field.
      if (quotes % 2 === 1) {
        this.refuseLong(newline - start);
        continue;
      }
      this.handOn(all.slice(start, newline), take);
      start = search;
    }
    this.rest = all.slice(start);
    this.refuseLong(this.rest.length);
  }

  /** The end of the file: a last row without a line break is handed on. Throws on a quote that never closes. */
  end(take: TakeFields): void {
    if (countOf(this.rest, '"') % 2 === 1)
      throw new UserError(`${this.file}:${this.line}: a quote that never closes`);
    if (this.rest !== "") this.handOn(this.rest, take);
    this.rest = "";
  }

  private handOn(row: string, take: TakeFields): void {
    const text = row.endsWith("\r") ? row.slice(0, -1) : row;
    if (text.trim() !== "") take(this.line, splitFields(text));
    this.line += 1 + countOf(row, "\n");
  }

  private refuseLong(characters: number): void {
    if (characters <= MAX_ROW_CHARACTERS) return;
    throw new UserError(
      `${this.file}:${this.line}: a row of more than ${MAX_ROW_CHARACTERS} characters; is a quote left open?`,
    );
  }
}

/** Fields of one row. A quote inside a field that does not begin with one is taken as it stands. */
export function splitFields(row: string): string[] {
  if (!row.includes('"')) return row.split(",");
  const fields: string[] = [];
  let at = 0;
  while (at <= row.length) {
    if (row[at] !== '"') {
      const comma = row.indexOf(",", at);
      const end = comma < 0 ? row.length : comma;
      fields.push(row.slice(at, end));
      at = end + 1;
      continue;
    }
    let field = "";
    let from = at + 1;
    let quote = row.indexOf('"', from);
    while (quote >= 0 && row[quote + 1] === '"') {
      field += row.slice(from, quote + 1);
      from = quote + 2;
      quote = row.indexOf('"', from);
    }
    const close = quote < 0 ? row.length : quote;
    const comma = row.indexOf(",", close);
    const end = comma < 0 ? row.length : comma;
    fields.push(field + row.slice(from, close) + row.slice(close + 1, end));
    at = end + 1;
  }
  return fields;
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++;
  return count;
}
