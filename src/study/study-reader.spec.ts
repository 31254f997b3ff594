import { describe, expect, it } from "vitest";
import { studySchema } from "./schema/study.ts";
import { studyReaders } from "./study-reader.ts";
import { studyStages } from "./study-stages.ts";

const configOf = (changes: object) =>
  studySchema.parse({
    schema: "chexreason.study/1",
    name: "small",
    model: { source: "nowhere" },
    data: {
      home: { kind: "phantom", site: "phantom-mimic", images: 10 },
      away: { kind: "phantom", site: "phantom-nih", images: 10 },
    },
    cohort: { source: "home" },
    teacher: { kind: "worded" },
    evaluation: { sets: { away: {} } },
    ...changes,
  });
const prompted = (...prompts: string[]) => ({ evaluation: { sets: { away: {} }, prompts } });
const baselines = (changes: object) =>
  studyReaders(configOf(changes)).map(({ id, baseline }) => [id, baseline]);

describe("studyReaders", () => {
  it("are the models, each against the one it came from", () => {
    expect(baselines({})).toEqual([
      ["base", null],
      ["sft", "base"],
      ["grpo", "sft"],
    ]);
    expect(baselines({ grpo: null })).toHaveLength(2);
    expect(baselines({ sft: null, grpo: null })).toEqual([["base", null]]);
  });

  it("are the base model with each prompt, against the first, where nothing is trained", () => {
    expect(baselines({ sft: null, grpo: null, ...prompted("a", "narrative", "b") })).toEqual([
      ["base[a]", null],
      ["base[narrative]", "base[a]"],
      ["base[b]", "base[a]"],
    ]);
  });

  it("are both where both are asked for", () => {
    const readers = studyReaders(configOf({ grpo: null, format: "only-label", ...prompted("a") }));
    expect(readers.map(({ id, prompt, file }) => [id, prompt, file])).toEqual([
      ["base", "only-label", "base"],
      ["sft", "only-label", "sft"],
      ["base[a]", "a", "base-a"],
    ]);
  });
});

describe("the stages of a study that trains nothing", () => {
  it("teach nobody and read each test set once a prompt", () => {
    const names = studyStages(configOf({ sft: null, grpo: null, ...prompted("a", "b") })).map(
      ({ name }) => name,
    );
    expect(names).toEqual([
      "model",
      "data home",
      "data away",
      "cohort",
      "test-set away",
      "predict base[a]@away",
      "predict base[b]@away",
      "report",
    ]);
  });

  it("differ between prompts in what they are made of", () => {
    const stages = studyStages(configOf({ sft: null, grpo: null, ...prompted("a", "b") }));
    const configs = stages.filter(({ name }) => name.startsWith("predict")).map(({ config }) => config);
    expect(configs).toHaveLength(2);
    expect(configs[0]).not.toEqual(configs[1]);
  });
});
