import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomic } from "../util/files.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { adoptStage } from "./adopt-stage.ts";
import { finishedStage, recordStage } from "./stage-record.ts";

const root = scratchFolder();
let other: string;
let folder: string;
beforeEach(async () => {
  const studies = await mkdtemp(path.join(root, "studies-"));
  [other, folder] = [path.join(studies, "one"), path.join(studies, "two")];
  await writeFileAtomic(path.join(other, "data/table.txt"), "rows");
  await writeFileAtomic(path.join(studies, "model.bin"), "weights");
});
const finish = (files: readonly string[]) =>
  recordStage(other, "data x", "h1", { files, summary: "1 row", facts: { records: 1 } }, 2);

describe("adoptStage", () => {
  it("takes over record and files of the same name and hash, and they count as done here", async () => {
    await finish(["data/table.txt"]);
    const record = await adoptStage(folder, [path.join(root, "none"), other], "data x", "h1");
    expect(record).toMatchObject({ summary: "1 row", facts: { records: 1 } });
    expect(await readFile(path.join(folder, "data/table.txt"), "utf8")).toBe("rows");
    expect(await finishedStage(folder, "data x", "h1")).toEqual(record);
  });

  it("replaces a file of an older run, and leaves the other study's alone when that is rewritten", async () => {
    await finish(["data/table.txt"]);
    await writeFileAtomic(path.join(folder, "data/table.txt"), "old");
    await adoptStage(folder, [other], "data x", "h1");
    await writeFileAtomic(path.join(folder, "data/table.txt"), "new");
    expect(await readFile(path.join(other, "data/table.txt"), "utf8")).toBe("rows");
  });

  it("takes nothing of another hash, nothing whose files have changed, nothing from itself", async () => {
    await finish(["data/table.txt"]);
    expect(await adoptStage(folder, [other], "data x", "h2")).toBeNull();
    expect(await adoptStage(folder, [], "data x", "h1")).toBeNull();
    await writeFile(path.join(other, "data/table.txt"), "rotten");
    expect(await adoptStage(folder, [other], "data x", "h1")).toBeNull();
  });

  it("reads a file outside the study where it lies, and adopts nothing when that is another place from here", async () => {
    await finish(["../model.bin"]);
    expect(await adoptStage(folder, [other], "data x", "h1")).not.toBeNull();
    await expect(stat(path.join(folder, "model.bin"))).rejects.toThrow(/ENOENT/);
    expect(await adoptStage(path.join(folder, "deeper"), [other], "data x", "h1")).toBeNull();
    await expect(stat(path.join(folder, "model.bin"))).rejects.toThrow(/ENOENT/);
  });
});
