import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLabel, LABELS, labelRow } from "../labels/label.ts";
import { hashFile } from "../util/files.ts";
import { writeParquet } from "../util/parquet.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { writeExcluded } from "./excluded-file.ts";
import { type ImageRecord, LICENCE_CLASSES, VIEWS } from "./record.ts";
import { readTable, writeTable } from "./table-file.ts";

const folder = scratchFolder();

const text = fc.string({ minLength: 1, unit: fc.constantFrom("a", "'", '"', "ä", "/", " ", "1") });
const record: fc.Arbitrary<ImageRecord> = fc.record({
  id: text,
  patient: text,
  study: text,
  image: text,
  view: fc.constantFrom(...VIEWS),
  sex: fc.constantFrom("F" as const, "M" as const, null),
  age: fc.option(fc.double({ min: 0, max: 120, noNaN: true }), { nil: null }),
  site: text,
  licence: fc.constantFrom(...LICENCE_CLASSES),
  labels: fc
    .tuple(...LABELS.map(() => fc.constantFrom(1 as const, 0 as const, -1 as const, null)))
    .map((values) => labelRow(Object.fromEntries(LABELS.map((label, at) => [label, values[at]])))),
});

describe("writeTable and readTable", () => {
  it("give back any records, in order, and the same bytes for the same records", async () => {
    const file = path.join(folder, "data", "a.parquet");
    const again = path.join(folder, "b.parquet");
    await fc.assert(
      fc.asyncProperty(fc.array(record), async (records) => {
        await writeTable(file, records);
        await writeTable(again, records);
        expect(await readTable(file)).toEqual(records);
        expect(await hashFile(again)).toBe(await hashFile(file));
      }),
      { numRuns: 15 },
    );
    expect(await readdir(path.join(folder, "data"))).toEqual(["a.parquet"]);
  });

  it("keeps the order over more rows than DuckDB takes at a time", async () => {
    const [one] = fc.sample(record, 1);
    if (one === undefined) throw new Error("no sample");
    const records = Array.from({ length: 5000 }, (_, at) => ({ ...one, id: String(at) }));
    const file = path.join(folder, "long.parquet");
    await writeTable(file, records);
    expect((await readTable(file)).map(({ id }) => id)).toEqual(records.map(({ id }) => id));
  });

  it("writes labels as nullable TINYINT under their own names", async () => {
    const file = path.join(folder, "types.parquet");
    await writeTable(file, fc.sample(record, 3));
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const reader = await connection.runAndReadAll(`DESCRIBE FROM '${file.replaceAll("'", "''")}'`);
    const types = Object.fromEntries(
      reader.getRowObjectsJS().map((row) => [String(row.column_name), String(row.column_type)]),
    );
    for (const label of LABELS) expect(types[label]).toBe("TINYINT");
    expect(types.id).toBe("VARCHAR");
    expect(types.age).toBe("DOUBLE");
    expect(Object.keys(types)).toHaveLength(9 + LABELS.length);
  });

  it("names a file that is missing or something else", async () => {
    await expect(readTable(path.join(folder, "none.parquet"))).rejects.toThrow(
      /none\.parquet: cannot be read/,
    );
    const file = path.join(folder, "other.parquet");
    await writeFile(file, "no parquet");
    await expect(readTable(file)).rejects.toThrow(/other\.parquet: cannot be read as a table of images/);
  });
});

describe("readTable", () => {
  it.each([
    ["Edema", 5, "Invalid input"],
    ["view", "oblique", 'Invalid option: expected one of "AP"|"PA"|"frontal"|"lateral"|"unknown"'],
    ["patient", "", "Too small: expected string to have >=1 characters"],
  ])("names the row and the column where %s is %j", async (name, value, why) => {
    const [one] = fc.sample(record, 1);
    if (one === undefined) throw new Error("no sample");
    const { labels, ...fields } = one;
    const good = { ...fields, ...labels };
    const file = path.join(folder, `${name}.parquet`);
    const columns = Object.keys(good).map(
      (key) =>
        ({ name: key, type: isLabel(key) ? "TINYINT" : key === "age" ? "DOUBLE" : "VARCHAR" }) as const,
    );
    await writeParquet(file, columns, [good, { ...good, [name]: value }]);
    await expect(readTable(file)).rejects.toThrow(`${file}: row 2, ${name}: ${why}`);
  });
});

describe("writeExcluded", () => {
  it("writes one row each, quoted where needed", async () => {
    const file = path.join(folder, "excluded.csv");
    await writeExcluded(file, [
      { file: "t.csv", row: 3, id: "a,b", reason: "missing file", detail: 'the "x"' },
      { file: "t.csv", row: 4, id: "c", reason: "no label", detail: "" },
    ]);
    expect(await readFile(file, "utf8")).toBe(
      'file,row,id,reason,detail\nt.csv,3,"a,b",missing file,"the ""x"""\nt.csv,4,c,no label,\n',
    );
  });
});
