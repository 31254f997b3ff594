import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPredictions } from "../../src/evaluation/prediction-file.ts";
import { readResults } from "../../src/study/read-results.ts";
import { type Finished, run, TINY_STUDY } from "./command-line.ts";
import { type SidecarWatch, sidecarWatch } from "./sidecar-watch.ts";

let scratch: string;
let folder: string;
let watch: SidecarWatch;
const onStudy = (words: readonly string[], ...settings: string[]): Promise<Finished> => {
  const set = [`folder=${folder}`, ...settings].flatMap((setting) => ["--set", setting]);
  const [command = "", ...more] = words;
  return run([...command.split(" "), TINY_STUDY, ...more, ...set], watch.env);
};
/** The study that trains nothing and asks the model as it came. */
const PROMPTED = [
  "sft=null",
  "grpo=null",
  "evaluation.prompts=[a, free]",
  "evaluation.sets.phantom-nih.n=4",
  "evaluation.sets.phantom-chexpert.n=6",
];

beforeAll(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), "chexreason-prompts-"));
  folder = path.join(scratch, "study");
  watch = sidecarWatch(path.join(scratch, "opened.log"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the sidecar of true findings", () => {
  it("is written where a hospital is drawn, and not read there", async () => {
    const { code, stderr } = await onStudy(["data"]);
    expect(stderr).not.toMatch(/bug of ours/);
    expect(code).toBe(0);
    const sidecars = readdirSync(path.join(folder, "hospitals")).filter((name) => name.endsWith(".truth"));
    expect(sidecars).toHaveLength(3);
    // The watch sees what there is to see.
    const calls = watch.opened();
    for (const sidecar of sidecars) expect(calls.some(({ file }) => file.includes(sidecar))).toBe(true);
    expect(calls.filter(({ call }) => /^(read|createRead|copy|opendir|glob)/.test(call))).toEqual([]);
  });

  it("is not touched by the cohorts or the teacher", async () => {
    watch.clear();
    expect((await onStudy(["teach"])).code).toBe(0);
    expect(readFileSync(path.join(folder, "traces/free.jsonl"), "utf8").split("\n").length).toBeGreaterThan(
      30,
    );
    expect(watch.opened()).toEqual([]);
  });
});

describe("people reviewing the traces", () => {
  it("are given a sample, add what they think of it, and have their agreement measured", async () => {
    const sample = await onStudy(["traces sample", "--n", "3"]);
    const traces = sample.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { trace: string }).trace);
    expect(traces).toHaveLength(3);
    const [first = ""] = traces;
    const one = [
      "--trace",
      first,
      "--reader",
      "ana",
      "--decision",
      "reject",
      "--reason",
      "unsafe",
      "--safe",
      "2",
    ];
    expect((await onStudy(["traces review", ...one])).code).toBe(0);
    const file = path.join(scratch, "ben.jsonl");
    const review = (trace: string) => ({
      schema: "chexreason.review/1",
      trace,
      reader: "ben",
      time: "2025-03-01T12:00:00Z",
      decision: "accept",
      ratings: { safe: 4 },
    });
    writeFileSync(file, traces.map((trace) => `${JSON.stringify(review(trace))}\n`).join(""));
    expect((await onStudy(["traces review", file])).stderr).toContain("3 added to");
    const { stdout } = await onStudy(["traces agreement", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "chexreason.agreement/1",
      outcome: "agreement",
      reviewed: 3,
      pairs: [
        { readers: ["ana", "ben"], decision: { n: 1, agreed: 0, kappa: { outcome: "kappa", value: 0 } } },
      ],
    });
    const wrong = await onStudy(["traces review", "--reader", "ana"]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("give a file of reviews, or --trace, --reader and --decision");
  });
});

describe("a study of prompts", () => {
  let finished: Finished;
  beforeAll(async () => {
    watch.clear();
    finished = await onStudy(["run"], ...PROMPTED);
  });

  it("reads the untrained model with each, and trains nothing", async () => {
    expect(finished.stderr).not.toMatch(/bug of ours/);
    expect(finished.code).toBe(0);
    const { rows } = await readResults(path.join(folder, "reports/results.json"));
    const models = [...new Set(rows.map(({ model }) => model))];
    expect(models).toEqual(["base[a]", "base[free]", "always", "prior", "constant"]);
    for (const { failureRateInterval, microF1, macroF1 } of rows)
      for (const { value, low, high } of [failureRateInterval, microF1, macroF1]) {
        expect(low).toBeLessThanOrEqual(value ?? Number.NaN);
        expect(high).toBeGreaterThanOrEqual(value ?? Number.NaN);
      }
    expect(readdirSync(folder)).not.toContain("runs");
  });

  it("asks each prompt in its own words", async () => {
    const textsOf = async (file: string) =>
      (await readPredictions(path.join(folder, `predictions/${file}@phantom-nih.parquet`))).map(
        ({ text }) => text,
      );
    const [checklist, free] = [await textsOf("base-a"), await textsOf("base-free")];
    expect(checklist).toHaveLength(4);
    expect(checklist.some((text) => text.includes("2. Devices:"))).toBe(true);
    expect(free.some((text) => text.includes("2. Devices:"))).toBe(false);
  });

  it("compares every prompt with the first, in the report and beside it", () => {
    const file = path.join(folder, "reports/evaluations.json");
    const { comparisons } = JSON.parse(readFileSync(file, "utf8")) as {
      comparisons: { model: string; baseline: string }[];
    };
    expect(comparisons.map(({ model, baseline }) => [model, baseline])).toEqual([
      ["base[free]", "base[a]"],
      ["base[free]", "base[a]"],
    ]);
    const html = readFileSync(path.join(folder, "reports/index.html"), "utf8");
    expect(html).toContain("Base, Reasoning A");
    expect(html).not.toContain("What training changed");
  });

  it("does not touch the sidecar either: readers, scores and report go by the hospitals' own files", () => {
    expect(watch.opened()).toEqual([]);
  });
});
