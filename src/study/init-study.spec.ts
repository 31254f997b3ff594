import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initStudy } from "./init-study.ts";
import { loadStudy } from "./load-study.ts";
import { localModelFolder } from "./model-source.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "chexreason-init-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("initStudy", () => {
  it("writes a study that finds its model from where it lies", async () => {
    const file = path.join(folder, "mine.yaml");
    await initStudy(file, "phantom");
    const study = await loadStudy(file);
    expect(localModelFolder(study)).toMatch(/models[\\/]phantom-gemma3$/);
  });

  it("never overwrites", async () => {
    const file = path.join(folder, "mine.yaml");
    await initStudy(file, "phantom");
    const before = await readFile(file, "utf8");
    await expect(initStudy(file, "paper")).rejects.toThrow(/mine\.yaml exists/);
    expect(await readFile(file, "utf8")).toBe(before);
  });

  it("names the studies there are when asked for another", async () => {
    await expect(initStudy(path.join(folder, "mine.yaml"), "padchest")).rejects.toThrow(
      /no study named padchest .* nih, paper, phantom/,
    );
  });
});
