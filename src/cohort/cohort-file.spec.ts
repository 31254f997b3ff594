import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { readCohort, writeCohort, writeSetAside } from "./cohort-file.ts";
import { makeCohorts } from "./make-cohorts.ts";
import { hospital, image } from "./testing/hospital.ts";

const folder = scratchFolder();
const { sft, setAside } = makeCohorts(hospital(200, 8), {
  sft: 60,
  rl: 40,
  validation: 20,
  test: 15,
  seed: 1,
  floorShare: 0,
});

describe("writeCohort and readCohort", () => {
  it("give back the cohort, a line a record, each with set, use and rule", async () => {
    const file = path.join(folder, "cohorts/sft.jsonl");
    await writeCohort(file, sft);
    expect(await readCohort(file)).toEqual(sft);
    const lines = (await readFile(file, "utf8")).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      sft.records.map((record) => ({ set: "sft", use: "train", rule: sft.rule, ...record })),
    );
  });
});

describe("readCohort", () => {
  const line = (id: string, changes: object = {}): string =>
    JSON.stringify({ set: "a", use: "train", rule: "", ...image(id, id, ["Edema"]), ...changes });

  it.each<[string, string[], string]>([
    ["no line", [], " is empty; draw the cohorts again"],
    ["no JSON, by its line in the file", [line("1"), "", "{"], ", line 3: not JSON; draw the cohorts again"],
    [
      "another set",
      [line("1"), line("2", { set: "b" })],
      ", line 2: another set, use or rule than in the first line",
    ],
    ["another use", [line("1"), line("2", { use: "verdict" })], ", line 2: another set, use or rule"],
    ["another rule", [line("1"), "", line("2", { rule: "all" })], ", line 3: another set, use or rule"],
    [
      "a use that is none",
      [line("1", { use: "fun" })],
      ', line 1: use: Invalid option: expected one of "train"',
    ],
    ["no patient", [line("1", { patient: "" })], ", line 1: patient: Too small"],
    [
      "a label's value that is none",
      [line("1").replace('"Edema":1', '"Edema":7')],
      ", line 1: labels.Edema: ",
    ],
  ])("refuses %s", async (_name, lines, message) => {
    const file = path.join(folder, "bad.jsonl");
    await writeFile(file, lines.join("\n"));
    await expect(readCohort(file)).rejects.toThrow(`cohort ${file}${message}`);
  });

  it("refuses an image twice", async () => {
    const file = path.join(folder, "twice.jsonl");
    await writeFile(file, `${line("1")}\n${line("1")}`);
    await expect(readCohort(file)).rejects.toThrow("image 1 of here is there twice, now in a");
  });
});

describe("writeSetAside", () => {
  it("writes a line for each record, with its reason", async () => {
    const file = path.join(folder, "set-aside.jsonl");
    await writeSetAside(file, setAside);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(lines.map((text) => JSON.parse(text))).toEqual(setAside);
  });
});
