import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readJsonLineFile, writeJsonLineFile } from "./json-line-file.ts";
import { scratchFolder } from "./testing/scratch-folder.ts";
import { UserError } from "./user-error.ts";

const folder = scratchFolder();
const file = path.join(folder, "rows.jsonl");
const schema = z.object({ id: z.string(), text: z.string().optional() });
const read = (from = file) => readJsonLineFile(from, schema, { what: "rows", remedy: "write them again" });

describe("writeJsonLineFile and readJsonLineFile", () => {
  it("give back the rows, a line each, whatever stands in their texts", async () => {
    const rows = [{ id: "a", text: "two\nlines \u2028 ä" }, { id: "b" }];
    await writeJsonLineFile(file, rows);
    expect((await readFile(file, "utf8")).split("\n")).toHaveLength(3);
    expect((await read()).map(({ row }) => row)).toEqual(rows);
    await writeJsonLineFile(file, []);
    expect(await read()).toEqual([]);
  });
});

describe("readJsonLineFile", () => {
  it("counts lines as an editor does, and passes blank ones over", async () => {
    await writeFile(file, '\n{"id":"a"}\r\n  \n{"id":"b"}');
    expect(await read()).toEqual([
      { row: { id: "a" }, line: 2, where: `rows ${file}, line 2` },
      { row: { id: "b" }, line: 4, where: `rows ${file}, line 4` },
    ]);
  });

  it.each([
    ["a cut line", '{"id":"b"', "not JSON"],
    ["another value", "3", "the line: Invalid input: expected object, received number"],
    ["a wrong key", '{"id":3}', "id: Invalid input: expected string, received number"],
  ])("refuses %s by its number", async (_what, line, why) => {
    await writeFile(file, `{"id":"a"}\n\n${line}\n`);
    await expect(read()).rejects.toThrow(new UserError(`rows ${file}, line 3: ${why}; write them again`));
  });

  it("names a file that is not there", async () => {
    const missing = path.join(folder, "none.jsonl");
    await expect(read(missing)).rejects.toThrow(`rows ${missing} cannot be read: ENOENT`);
  });
});
