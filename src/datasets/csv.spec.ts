import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { readCsv } from "./csv.ts";
import { CsvSplitter, MAX_ROW_CHARACTERS } from "./csv-splitter.ts";
import { csvField } from "./excluded-file.ts";

const folder = scratchFolder();

async function read(content: string | Uint8Array, required: readonly string[] = []) {
  const file = path.join(folder, "table.csv");
  await writeFile(file, content);
  const rows: { line: number; problem: string | null; cells: string[] }[] = [];
  const count = await readCsv(file, required, ({ columns }) => (row) => {
    rows.push({ line: row.line, problem: row.problem, cells: columns.map((column) => row.get(column)) });
  });
  expect(count).toBe(rows.length);
  return rows;
}

describe("readCsv", () => {
  it("reads by name, with a byte-order mark, CRLF, quotes, blank lines and no last line break", async () => {
    const rows = await read('\uFEFFa,b\r\n1,"x,""y"""\r\n\r\n  2 ,"two\r\nlines"\r\n3,');
    expect(rows).toEqual([
      { line: 2, problem: null, cells: ["1", 'x,"y"'] },
      { line: 4, problem: null, cells: ["2", "two\r\nlines"] },
      { line: 6, problem: null, cells: ["3", ""] },
    ]);
  });

  it("reads gzip in place, whatever the file is called", async () => {
    const text = `a\n${"row\n".repeat(100_000)}`;
    expect(await read(gzipSync(text))).toHaveLength(100_000);
  });

  it("keeps NIH's columns in place, whose header has commas inside brackets", async () => {
    const rows = await read("Image Index,Size[W,H],Patient ID\na.png,10,20,7\n", ["Patient ID"]);
    expect(rows[0]?.cells.at(-1)).toBe("7");
  });

  it("says what is wrong with a row that is too short or too long", async () => {
    const rows = await read("a,b\n1\n1,2\n1,2,3\n");
    expect(rows.map(({ problem }) => problem)).toEqual([
      "1 fields where the header has 2",
      null,
      "3 fields where the header has 2",
    ]);
  });

  it("names the file and the fault of a table that cannot be read", async () => {
    await expect(read("a,b\n1,2\n", ["c"])).rejects.toThrow(/table\.csv: no column "c"; it has a, b/);
    await expect(read("a,a\n1,2\n", ["a"])).rejects.toThrow(/two columns are called "a"/);
    await expect(read("")).rejects.toThrow(/the table is empty/);
    await expect(read('a\n1\n"2\n3')).rejects.toThrow(/table\.csv:3: a quote that never closes/);
    await expect(read(gzipSync("a\n1\n".repeat(1000)).subarray(0, 30))).rejects.toThrow(/cannot be read/);
    await expect(readCsv(path.join(folder, "none.csv"), [], () => () => {})).rejects.toThrow(
      /none\.csv: cannot be read/,
    );
    await expect(read(`a\n"${"x\n".repeat(MAX_ROW_CHARACTERS)}`)).rejects.toThrow(/is a quote left open/);
  });
});

describe("CsvSplitter", () => {
  it("gives back any table that was written by RFC 4180, wherever the stream is cut", () => {
    const field = fc.string({ unit: fc.constantFrom("a", "ä", ",", '"', "\n", "\r", " ", "😀") });
    // A row of blanks only is a blank line, and a carriage return at its end belongs to the line break.
    const row = fc.array(field, { minLength: 1, maxLength: 4 }).map((fields) => ["x", ...fields, "y"]);
    fc.assert(
      fc.property(fc.array(row), fc.boolean(), fc.array(fc.nat(60)), (rows, crlf, cuts) => {
        const lineBreak = crlf ? "\r\n" : "\n";
        const text = rows.map((fields) => fields.map(csvField).join(",") + lineBreak).join("");
        const splitter = new CsvSplitter("file");
        const got: string[][] = [];
        let at = 0;
        for (const cut of [...cuts, text.length]) {
          splitter.push(text.slice(at, at + cut), (_, fields) => got.push(fields));
          at += cut;
        }
        splitter.push(text.slice(at), (_, fields) => got.push(fields));
        splitter.end((_, fields) => got.push(fields));
        expect(got).toEqual(rows);
      }),
    );
  });
});
