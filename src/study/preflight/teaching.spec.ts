import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { loadStudy } from "../load-study.ts";
import { studyTeaching, teacherNeeds } from "./teaching.ts";

const folder = scratchFolder();
const file = path.join(folder, "study.yaml");
async function study(teacher: object, source: object = { kind: "mimic", root: "/data" }, more: object = {}) {
  const config = {
    schema: "chexreason.study/1",
    name: "small",
    folder: path.join(folder, "study"),
    model: { source: "../model" },
    data: { here: source },
    cohort: { source: "here", sft: 40 },
    teacher,
    evaluation: { sets: {} },
    ...more,
  };
  writeFileSync(file, JSON.stringify(config));
  return loadStudy(file);
}
const GEMINI = { kind: "gemini", model: "gemini-2.5-pro", price: { input: 1, output: 10 }, spendingCap: 3 };
const LOCAL = { kind: "openai-compatible", model: "medgemma", endpoint: "http://127.0.0.1:8000/v1" };

describe("studyTeaching", () => {
  it("estimates a teacher behind an address from the settings alone", async () => {
    expect(await studyTeaching(await study(GEMINI))).toMatchObject({
      teacher: "gemini gemini-2.5-pro",
      to: "generativelanguage.googleapis.com",
      images: 40,
      answered: 0,
      tokens: { outputAtMost: 40 * 8192 },
      usd: { cap: 3, expected: null },
    });
  });

  it.each([
    ["worded", { kind: "worded" }, {}],
    ["the engine", { kind: "engine" }, {}],
    ["for a format without reasoning", GEMINI, { format: "only-label" }],
    ["for a study that trains nothing", GEMINI, { sft: null, grpo: null }],
  ])("has nothing to estimate: %s", async (_what, teacher, more) => {
    expect(await studyTeaching(await study(teacher, undefined, more))).toBeNull();
  });
});

describe("teacherNeeds", () => {
  const states = async (teacher: object, source?: object, environment: Record<string, string> = {}) =>
    teacherNeeds(await study(teacher, source), environment).map(({ name, state }) => [name, state]);

  it("names the key that is not set and the data that may not leave", async () => {
    expect(await states(GEMINI)).toEqual([
      ["teacher's data", "missing"],
      ["teacher's key", "missing"],
    ]);
    expect(await states(GEMINI, { kind: "nih", root: "/data" }, { GEMINI_API_KEY: "k" })).toEqual([
      ["teacher's data", "ready"],
      ["teacher's key", "ready"],
    ]);
  });

  it.each([
    [{ kind: "chexpert", root: "/data", set: "train" }, "missing"],
    [{ kind: "folder", root: "/data" }, "missing"],
    [{ kind: "folder", root: "/data", licence: "open" }, "ready"],
    [{ kind: "phantom", site: "phantom-mimic", images: 10 }, "ready"],
  ])("goes by the licence of %j", async (source, state) => {
    expect((await states(GEMINI, source))[0]).toEqual(["teacher's data", state]);
  });

  it("has no more to ask of a teacher on this machine, or of none", async () => {
    expect(await states(LOCAL)).toEqual([["teacher's data", "ready"]]);
    expect(await states({ kind: "worded" })).toEqual([]);
  });
});
