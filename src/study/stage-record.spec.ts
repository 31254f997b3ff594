import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { hashBytes, writeFileAtomic } from "../util/files.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { finishedStage, readRecord, recordStage, type StageRecord, stageHash } from "./stage-record.ts";

const root = scratchFolder();
const RESULT = { files: ["data/a.csv", "b.csv"], summary: "2 files", facts: { n: 2 } };
const HASH = "0123456789abcdef";
let folder = "";
const file = (name: string): string => path.join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(path.join(root, "case-"));
  for (const name of RESULT.files) await writeFileAtomic(file(name), name);
});

describe("recordStage", () => {
  it("writes the files' hashes down under the stage's name, and gives back what a reader gets", async () => {
    const record = await recordStage(folder, "data here", HASH, RESULT, 1.5);
    expect(record).toEqual({
      schema: "chexreason.stage/1",
      name: "data here",
      hash: HASH,
      files: { "data/a.csv": hashBytes("data/a.csv"), "b.csv": hashBytes("b.csv") },
      summary: "2 files",
      facts: { n: 2 },
      seconds: 1.5,
    });
    expect(await readdir(file("stages"))).toEqual(["data-here.json"]);
    expect(await readRecord(folder, "data here")).toEqual(record);
  });

  it("leaves no record of a stage whose file is not there", async () => {
    const result = { ...RESULT, files: ["b.csv", "none.csv"] };
    await expect(recordStage(folder, "data", HASH, result, 0)).rejects.toThrow("ENOENT");
    expect(await readRecord(folder, "data")).toBeNull();
  });
});

describe("finishedStage", () => {
  const finished = (hash = HASH) => finishedStage(folder, "data", hash);
  let record: StageRecord;
  beforeEach(async () => {
    record = await recordStage(folder, "data", HASH, RESULT, 0);
  });

  it("gives the record while hash and files are as they were left", async () => {
    expect(await finished()).toEqual(record);
    expect(await finished("another")).toBeNull();
    expect(await finishedStage(folder, "other", HASH)).toBeNull();
  });

  it("gives none once a file is gone, and the record again once it is back", async () => {
    await rm(file("b.csv"));
    expect(await finished()).toBeNull();
    await writeFile(file("b.csv"), "b.csv");
    expect(await finished()).toEqual(record);
  });

  it.each(RESULT.files)("gives none once %s has other bytes", async (name) => {
    await writeFile(file(name), "Other bytes");
    expect(await finished()).toBeNull();
  });

  it.each([
    ["torn", (text: string) => text.slice(0, -20)],
    ["of another version", (text: string) => text.replace("stage/1", "stage/2")],
    ["without its files", (text: string) => text.replace('"files"', '"lost"')],
  ])("counts a record that is %s as none", async (_name, change) => {
    const text = await readFile(file("stages/data.json"), "utf8");
    await writeFile(file("stages/data.json"), change(text));
    expect(await finished()).toBeNull();
  });
});

describe("stageHash", () => {
  const stage = { name: "sft", config: { a: 1, b: { c: 2 } } };
  const need: StageRecord = {
    schema: "chexreason.stage/1",
    name: "data",
    hash: HASH,
    files: { "a.csv": "f00" },
    summary: "1 file",
    facts: { n: 1 },
    seconds: 3,
  };
  const hash = stageHash(stage, [need]);

  it.each([
    ["its name", { ...stage, name: "grpo" }, [need]],
    ["a setting", { ...stage, config: { a: 1, b: { c: 3 } } }, [need]],
    ["a file's bytes that it reads", stage, [{ ...need, files: { "a.csv": "ba4" } }]],
    ["a file's name", stage, [{ ...need, files: { "b.csv": "f00" } }]],
    ["a fact", stage, [{ ...need, facts: { n: 2 } }]],
    ["the stage it reads from", stage, [{ ...need, name: "other" }]],
    ["how many it reads from", stage, [need, need]],
  ])("changes with %s", (_what, changed, needs) => {
    expect(stageHash(changed, needs)).toMatch(/^[0-9a-f]{16}$/);
    expect(stageHash(changed, needs)).not.toBe(hash);
  });

  it("changes with a person's file that is there, and with none it is what it was", () => {
    const withFile = stageHash(stage, [need], { "traces/reviews.jsonl": "f00" });
    expect(withFile).not.toBe(hash);
    expect(stageHash(stage, [need], { "traces/reviews.jsonl": "ba4" })).not.toBe(withFile);
    expect(stageHash(stage, [need], {})).toBe(hash);
  });

  it("does not change with how long a need took, or how it came to the same", () => {
    expect(stageHash(stage, [{ ...need, seconds: 9, summary: "one file", hash: "other" }])).toBe(hash);
  });
});
