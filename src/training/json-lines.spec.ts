import { appendFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openJsonLines, readJsonLines } from "./json-lines.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";

const scratch = scratchFolders();
const newFile = async () => path.join(await scratch(), "runs", "metrics.jsonl");

describe("openJsonLines", () => {
  it("makes the file and its folder, and counts bytes, not characters", async () => {
    const file = await newFile();
    const lines = await openJsonLines(file, 0);
    expect(await readFile(file, "utf8")).toBe("");
    await lines.append({ note: "Lungenödem" });
    await lines.append({ step: 2 });
    await lines.sync();
    const text = await readFile(file, "utf8");
    expect(text).toBe('{"note":"Lungenödem"}\n{"step":2}\n');
    expect(lines.bytes()).toBe(Buffer.byteLength(text));
  });

  it("goes back to the length a checkpoint saw, and writes on from there", async () => {
    const file = await newFile();
    const first = await openJsonLines(file, 0);
    await first.append({ step: 1, note: "ö" });
    const seen = first.bytes();
    await first.append({ step: 2 });
    await appendFile(file, '{"step":3,"lo'); // killed while writing
    const second = await openJsonLines(file, seen);
    expect(second.bytes()).toBe(seen);
    await second.append({ step: 2, again: true });
    expect(await readFile(file, "utf8")).toBe('{"step":1,"note":"ö"}\n{"step":2,"again":true}\n');
  });

  it("starts anew at length 0", async () => {
    const file = await newFile();
    await (await openJsonLines(file, 0)).append({ step: 1 });
    await openJsonLines(file, 0);
    expect(await readFile(file, "utf8")).toBe("");
  });

  it("refuses a file that is shorter than its checkpoint saw it, and leaves it alone", async () => {
    const file = await newFile();
    await (await openJsonLines(file, 0)).append({ step: 1 });
    await expect(openJsonLines(file, 100)).rejects.toThrow(/has 11 bytes, its checkpoint saw 100.*delete/);
    expect(await readFile(file, "utf8")).toBe('{"step":1}\n');
  });
});

describe("readJsonLines", () => {
  it("gives the rows, without a torn last line", async () => {
    const file = path.join(await scratch(), "rows.jsonl");
    await writeFile(file, '{"a":1}\n{"a":2}\n{"a":3');
    expect(await readJsonLines(file)).toEqual([{ a: 1 }, { a: 2 }]);
    await writeFile(file, '{"a":1');
    expect(await readJsonLines(file)).toEqual([]);
    await writeFile(file, "");
    expect(await readJsonLines(file)).toEqual([]);
  });

  it("names the line that is not JSON", async () => {
    const file = path.join(await scratch(), "rows.jsonl");
    await writeFile(file, '{"a":1}\n\n{"a":3}\n');
    await expect(readJsonLines(file)).rejects.toThrow(/rows\.jsonl, line 2: not JSON/);
  });
});
