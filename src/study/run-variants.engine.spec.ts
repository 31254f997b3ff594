import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { PACKAGE_ROOT } from "../engine/python-environment.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy, type Study } from "./load-study.ts";
import { readResults } from "./read-results.ts";
import type { StageEvent } from "./run-stages.ts";
import { runVariants } from "./run-variants.ts";
import { readRecord } from "./stage-record.ts";
import { studyStatus } from "./study-status.ts";
import { trainedModel } from "./trained-model.ts";
import { transferStudy } from "./transfer-study.ts";
import { variantOf } from "./variant-of.ts";

/** Two variants of a few updates each; the one that goes on to GRPO is trained with two seeds. */
const scratch = scratchFolder();
const FILE = path.join(scratch, "study.yaml");
const STUDY = `schema: chexreason.study/1
name: small
seed: 3
folder: ${JSON.stringify(path.join(scratch, "small"))}
model: { source: ${path.join(PACKAGE_ROOT, "models/phantom-gemma3")}, dtype: float32, minVisualTokens: 0, maxVisualTokens: 0, gradientCheckpointing: false, threads: 1 }
data:
  here: { kind: phantom, site: phantom-mimic, images: 40, size: 112 }
  near: { kind: phantom, site: phantom-chexpert, images: 12, size: 112 }
  far: { kind: phantom, site: phantom-nih, images: 8, size: 112 }
cohort: { source: here, sft: 8, rl: 2, validation: 2, floor: 0 }
format: only-label
teacher: { kind: worded }
sft: { epochs: 1, batch: 4, microBatch: 4, learningRate: 1.0e-3 }
grpo: { reward: { kind: hard, minLength: 5 }, maxTokens: 32, promptsPerRollout: 2, microBatch: 2, learningRate: 1.0e-3 }
evaluation: { sets: { near: { n: 6 }, far: { n: 6 } }, maxTokens: 32, resamples: 100, labelScores: { n: 4, readers: [sft] } }
trainingSeeds: [3, 4]
variants:
  tuned: { grpo: null, trainingSeeds: [3] }
  reinforced: {}
`;

let study: Study;
let worked: string[];
async function run(): Promise<string[]> {
  const done: string[] = [];
  const listener = {
    onStage: ({ stage, state }: StageEvent) => void (state === "finished" && done.push(stage)),
    onProgress: () => {},
  };
  const options = { until: "report" as const, listener, engine: {}, signal: new AbortController().signal };
  expect((await runVariants(study, options)).worked).toBe(done.length);
  return done;
}
beforeAll(async () => {
  await writeFile(FILE, STUDY);
  study = await loadStudy(FILE);
  worked = await run();
});
const read = (file: string) => readFile(path.join(study.folder, "reports", file), "utf8");

describe("a study of two variants, one of them trained with two seeds", () => {
  it("makes once what is the same: data, cohorts, traces, the base's readings, and SFT of the same seed", () => {
    const of = (variant: string) =>
      worked.flatMap((stage) => (stage.startsWith(`${variant}: `) ? [stage.slice(variant.length + 2)] : []));
    expect(of("tuned")).toEqual(expect.arrayContaining(["cohort", "teach", "sft", "predict base@near"]));
    expect(of("reinforced-seed-3")).toEqual(["grpo", "predict grpo@near", "predict grpo@far", "report"]);
    expect(of("reinforced-seed-4")).toEqual([
      "sft",
      "grpo",
      "predict sft@near",
      "predict sft@far",
      "predict grpo@near",
      "predict grpo@far",
      "label-scores sft@near",
      "label-scores sft@far",
      "report",
    ]);
    expect(worked.at(-1)).toBe("report");
  });

  it("trains each seed from its own first weights, and holds out the same traces", async () => {
    const [three, four] = await Promise.all(
      ["reinforced-seed-3", "reinforced-seed-4"].map(async (name) => {
        const { folder } = variantOf(study, name);
        const record = await readRecord(folder, "sft");
        const { folder: runFolder } = z.looseObject({ folder: z.string() }).parse(record?.facts);
        const rows = (await readFile(path.join(folder, runFolder, "metrics.jsonl"), "utf8"))
          .trim()
          .split("\n");
        return rows.map((row) => JSON.parse(row) as { kind: string; step: number; loss: number });
      }),
    );
    // A LoRA begins as nothing, whatever its seed: the same loss on the same held-out traces. Training then parts them.
    expect(three?.[0]).toEqual(four?.[0]);
    expect(three?.[0]?.kind).toBe("validation");
    expect(three?.[1]?.loss).not.toBe(four?.[1]?.loss);
  });

  it("does nothing the second time, and its status says that all is done", async () => {
    const before = await read("index.html");
    expect(await run()).toEqual([]);
    expect(await read("index.html")).toBe(before);
    const { done, total, stages } = await studyStatus(study);
    expect(done).toBe(total);
    expect(stages.at(-1)).toMatchObject({ name: "report", state: "done" });
  });

  it("has a row a variant, a mean where there are seeds, and what all share once", async () => {
    const { rows } = await readResults(path.join(study.folder, "reports/results.json"));
    const all = rows.filter(({ data, labels }) => data === "near" && labels === "all");
    expect(all.map(({ model }) => model)).toEqual([
      "base",
      "tuned sft",
      "always",
      "prior",
      "constant",
      "reinforced sft, 2 seeds",
      "reinforced grpo, 2 seeds",
    ]);
    const own = async (name: string) => {
      const results = await readResults(path.join(variantOf(study, name).folder, "reports/results.json"));
      return results.rows.find((row) => row.model === "grpo" && row.data === "near" && row.labels === "all");
    };
    const values = [await own("reinforced-seed-3"), await own("reinforced-seed-4")].map(
      (row) => row?.microF1.value ?? Number.NaN,
    );
    expect(all.at(-1)?.microF1.value).toBeCloseTo(((values[0] ?? 0) + (values[1] ?? 0)) / 2, 12);
    const scored = await readResults(
      path.join(variantOf(study, "reinforced-seed-4").folder, "reports/results.json"),
    );
    const brier = (of: typeof scored) =>
      of.rows.find((row) => row.model === "sft" && row.data === "near" && row.labels === "all")?.labelScores
        ?.brier.value;
    const seeds = JSON.parse(await read("seeds.json")) as {
      recipes: {
        labelScores: { model: string; data: string; macro: { all: { brier: { ofSeeds: unknown[] } } } }[];
      }[];
    };
    const over = seeds.recipes[0]?.labelScores.find(({ data }) => data === "near");
    expect(over).toMatchObject({ model: "sft", baseline: null, n: 4, seeds: 2 });
    expect(over?.macro.all.brier.ofSeeds[1]).toBe(brier(scored));
    expect(await read("tables.md")).toContain("| sft, Brier score |");
    const written = JSON.parse(await read("results.json")) as { recipes: Record<string, unknown>[] };
    expect(written.recipes).toHaveLength(1);
    expect(written.recipes[0]).toMatchObject({
      recipe: "reinforced",
      scope: { kind: "recipe", seeds: [3, 4] },
    });
  });

  it("judges the recipe, which two seeds do not decide, beside the checkpoints of each", async () => {
    const { scope, contrasts, trainings } = await transferStudy(study, {
      variant: "reinforced",
      resamples: 600,
    });
    expect(scope).toEqual({ kind: "recipe", seeds: [3, 4] });
    for (const { verdict, inconclusive } of contrasts)
      expect([verdict, inconclusive]).toEqual([
        "inconclusive",
        { kind: "too few seeds", seeds: 2, needed: 5 },
      ]);
    expect(trainings.map(({ seed, transfer }) => [seed, transfer.scope.kind])).toEqual([
      [3, "two checkpoints"],
      [4, "two checkpoints"],
    ]);
    const one = await transferStudy(study, { variant: "reinforced-seed-4", resamples: 600 });
    expect([one.scope.kind, one.trainings]).toEqual(["two checkpoints", []]);
    expect(one.contrasts).toEqual(trainings[1]?.transfer.contrasts);
    const [page, markdown, latex] = await Promise.all(["index.html", "tables.md", "tables.tex"].map(read));
    for (const text of [page, markdown, latex]) {
      expect(text).toContain("a recipe, 2 seeds");
      expect(text).toContain("two checkpoints, seed 4");
      expect(text).toContain("Mean over 2 seeds");
    }
  });

  it("has the last trained model of each variant", async () => {
    expect((await trainedModel(variantOf(study, "tuned"), undefined)).model).toBe("sft");
    expect((await trainedModel(variantOf(study, "reinforced-seed-4"), undefined)).model).toBe("grpo");
  });
});
