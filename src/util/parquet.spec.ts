import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashFile } from "./files.ts";
import { type ParquetColumn, type ParquetRow, readParquet, writeParquet } from "./parquet.ts";
import { scratchFolder } from "./testing/scratch-folder.ts";
import { UserError } from "./user-error.ts";

const folder = scratchFolder();

const QUOTED = 'a "quoted" name';
const COLUMNS: readonly ParquetColumn[] = [
  { name: "text", type: "VARCHAR" },
  { name: QUOTED, type: "DOUBLE" },
  { name: "small", type: "TINYINT" },
];
const NAMES = COLUMNS.map(({ name }) => name);

const row: fc.Arbitrary<ParquetRow> = fc.record({
  text: fc.option(fc.string({ unit: "grapheme" })),
  [QUOTED]: fc.option(fc.double()),
  small: fc.option(fc.integer({ min: -128, max: 127 })),
});

/** A file as another program may leave it, from a query of DuckDB's. */
async function writeByQuery(file: string, query: string): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`COPY (${query}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

describe("writeParquet and readParquet", () => {
  it("give back any rows, in order, and the same bytes for the same rows", async () => {
    const [file, again] = [path.join(folder, "new", "a.parquet"), path.join(folder, "new", "b.parquet")];
    await fc.assert(
      fc.asyncProperty(fc.array(row), async (rows) => {
        await writeParquet(file, COLUMNS, rows);
        await writeParquet(again, COLUMNS, rows);
        expect(await readParquet(file, NAMES)).toEqual(rows);
        expect(await hashFile(again)).toBe(await hashFile(file));
      }),
      { numRuns: 20 },
    );
    expect(await readdir(path.join(folder, "new"))).toEqual(["a.parquet", "b.parquet"]);
  });

  it("keep the order over more rows than DuckDB takes at a time", async () => {
    const file = path.join(folder, "long.parquet");
    const rows = Array.from({ length: 5000 }, (_, at) => ({ text: String(at) }));
    await writeParquet(file, COLUMNS, rows);
    expect(await readParquet(file, ["text"])).toEqual(rows);
  });

  it("write null for what a row lacks", async () => {
    const file = path.join(folder, "lacks.parquet");
    await writeParquet(file, COLUMNS, [{ text: "a" }]);
    expect(await readParquet(file, ["small", "text"])).toEqual([{ small: null, text: "a" }]);
  });

  it("leave the old file, and nothing else, when a value does not fit its column", async () => {
    const file = path.join(folder, "kept", "a.parquet");
    await writeParquet(file, COLUMNS, [{ small: 1 }]);
    await expect(writeParquet(file, COLUMNS, [{ small: 300 }])).rejects.toThrow("out of int8 range");
    expect(await readParquet(file, ["small"])).toEqual([{ small: 1 }]);
    expect(await readdir(path.dirname(file))).toEqual(["a.parquet"]);
  });
});

describe("readParquet", () => {
  it("gives the integers of other programs as numbers", async () => {
    const file = path.join(folder, "integers.parquet");
    const most = Number.MAX_SAFE_INTEGER;
    await writeByQuery(
      file,
      `SELECT 1::BIGINT AS label, (-${most})::BIGINT AS least, ${most}::HUGEINT AS most, NULL::BIGINT AS none, 7::INTEGER AS plain, true AS flag`,
    );
    expect(await readParquet(file, ["label", "least", "most", "none", "plain", "flag"])).toEqual([
      { label: 1, least: -most, most, none: null, plain: 7, flag: true },
    ]);
  });

  it("refuses an integer that a number does not hold exactly", async () => {
    const file = path.join(folder, "large.parquet");
    await writeByQuery(file, "SELECT 9007199254740993::BIGINT AS id");
    await expect(readParquet(file, ["id"])).rejects.toThrow(
      `${file}: cannot be read as a table: the integer 9007199254740993 is too large`,
    );
  });

  it.each([
    ["b*", "bc"],
    ["a[1]", "a1"],
    ["c?", "cd"],
  ])("reads the file in %s, not the one in %s", async (name, other) => {
    for (const text of [name, other]) {
      await writeParquet(path.join(folder, text, "x.parquet"), COLUMNS, [{ text }]);
    }
    expect(await readParquet(path.join(folder, name, "x.parquet"), ["text"])).toEqual([{ text: name }]);
  });

  it("takes no column from the name of a folder", async () => {
    const file = path.join(folder, "text=7", "x.parquet");
    await writeParquet(file, COLUMNS, [{ text: "own" }]);
    expect(await readParquet(file, ["text"])).toEqual([{ text: "own" }]);
  });

  it.each([
    ["missing", /IO Error: No files found/],
    ["other", /Invalid Input Error: File .* too small to be a Parquet file$/],
    ["lacking", /Binder Error: Referenced column "absent" not found/],
  ])("names a file that is %s, and why, without DuckDB's query", async (name, why) => {
    await writeFile(path.join(folder, "other.parquet"), "no parquet");
    await writeParquet(path.join(folder, "lacking.parquet"), COLUMNS, []);
    const file = path.join(folder, `${name}.parquet`);
    const error = await readParquet(file, ["text", "absent"], "a table of images").catch(
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof UserError)) throw new Error("no UserError", { cause: error });
    expect(error.message).toContain(`${file}: cannot be read as a table of images: `);
    expect(error.message).toMatch(why);
    expect(error.message).not.toContain("SELECT");
  });
});
