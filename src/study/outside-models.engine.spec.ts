import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { launchEngine } from "../engine/launch-engine.ts";
import { PACKAGE_ROOT } from "../engine/python-environment.ts";
import { readPredictions } from "../evaluation/prediction-file.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy } from "./load-study.ts";
import { readResults } from "./read-results.ts";
import { runStudy } from "./run-study.ts";

const scratch = scratchFolder();
const MODEL = path.join(PACKAGE_ROOT, "models/phantom-gemma3");
const FILE = path.join(scratch, "study.yaml");
const STUDY = `schema: chexreason.study/1
name: small
folder: ${JSON.stringify(path.join(scratch, "small"))}
model: { source: ${MODEL}, dtype: float32, minVisualTokens: 0, maxVisualTokens: 0, gradientCheckpointing: false, threads: 1 }
data:
  here: { kind: phantom, site: phantom-mimic, images: 24, size: 112 }
  there: { kind: phantom, site: phantom-nih, images: 12, size: 112 }
cohort: { source: here, sft: 4, rl: 2, validation: 2, floor: 0 }
format: only-label
teacher: { kind: worded }
sft: null
grpo: null
`;
const OUTSIDE = [
  { name: "from-file", kind: "predictions", files: { there: "theirs.parquet" } },
  { name: "fresh-adapter", kind: "adapter", source: "adapter" },
  {
    name: "same-model",
    kind: "model",
    source: MODEL,
    dtype: "float32",
    minVisualTokens: 0,
    maxVisualTokens: 0,
  },
  {
    name: "other-dialect",
    kind: "adapter",
    source: "adapter",
    base: { source: MODEL },
    dialect: "answer-tags",
  },
];

async function run(outside: readonly object[]): Promise<{ worked: number; folder: string }> {
  const evaluation = { sets: { there: { n: 6 } }, maxTokens: 48, resamples: 100, outside };
  await writeFile(FILE, `${STUDY}evaluation: ${JSON.stringify(evaluation)}\n`);
  const study = await loadStudy(FILE);
  const { worked } = await runStudy(study, {
    until: "report",
    listener: { onStage: () => {}, onProgress: () => {} },
    engine: {},
    signal: new AbortController().signal,
  });
  return { worked, folder: study.folder };
}

let folder: string;
beforeAll(async () => {
  const { engine, close } = await launchEngine();
  await engine.load({ source: MODEL, dtype: "float32", threads: 1 });
  // As it is made, a LoRA changes nothing: it has to read as its base does.
  await engine.newAdapter("fresh", { lora: { rank: 2, alpha: 4, dropout: 0, seed: 1 } }, true);
  await engine.saveState("fresh", path.join(scratch, "adapter"), { optimizer: false });
  await close();
  ({ folder } = await run([]));
  await copyFile(path.join(folder, "predictions/base@there.parquet"), path.join(scratch, "theirs.parquet"));
  await run(OUTSIDE);
});

describe("models from elsewhere in a study", () => {
  it("read as the study's model does where they are that model", async () => {
    const labels = async (name: string) =>
      (await readPredictions(path.join(folder, `predictions/${name}@there.parquet`))).map((prediction) => [
        prediction.id,
        prediction.labels,
        prediction.failure,
      ]);
    const base = await labels("base");
    expect(base).toHaveLength(6);
    expect(base.some(([, named]) => named !== null)).toBe(true);
    for (const name of ["from-file", "fresh-adapter", "same-model"])
      expect(await labels(name), name).toEqual(base);
    expect((await labels("other-dialect")).every(([, named]) => named === null)).toBe(true);
  });

  it("are rows of the results, and stand in the report", async () => {
    const { rows } = await readResults(path.join(folder, "reports/results.json"));
    const all = rows.filter((row) => row.labels === "all");
    expect(all.map(({ model }) => model)).toEqual([
      "base",
      "from-file",
      "fresh-adapter",
      "same-model",
      "other-dialect",
      "always",
      "prior",
      "constant",
    ]);
    const [base, ...others] = all;
    for (const row of others.slice(0, 3)) expect(row.macroF1).toEqual(base?.macroF1);
    expect(others[3]?.failureRate).toBe(1);
    const report = await readFile(path.join(folder, "reports/index.html"), "utf8");
    expect(report).toContain('<th scope="row"><span class="trained">fresh-adapter</span></th>');
    expect(await readFile(path.join(folder, "reports/tables.md"), "utf8")).toContain("| other-dialect |");
  });

  it("are what the study's model is held against, on the same patients", async () => {
    const { comparisons } = JSON.parse(await readFile(path.join(folder, "reports/evaluations.json"), "utf8"));
    const found = comparisons as { model: string; baseline: string; views: { macro: { f1: object } }[] }[];
    expect(found.map(({ model, baseline }) => [model, baseline])).toEqual(
      OUTSIDE.map(({ name }) => ["base", name]),
    );
    for (const { views } of found.slice(0, 3))
      expect(views[0]?.macro.f1).toEqual({ value: 0, low: 0, high: 0 });
  });

  it("are read again only when they changed", async () => {
    expect((await run(OUTSIDE)).worked).toBe(0);
    // Another file of predictions: the stage that takes it down, its reading, and the report.
    await copyFile(
      path.join(folder, "predictions/other-dialect@there.parquet"),
      path.join(scratch, "theirs.parquet"),
    );
    expect((await run(OUTSIDE)).worked).toBe(3);
    const { rows } = await readResults(path.join(folder, "reports/results.json"));
    expect(rows.find(({ model }) => model === "from-file")?.failureRate).toBe(1);
  });
});
