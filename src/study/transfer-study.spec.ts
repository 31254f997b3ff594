import { copyFile, mkdtemp, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Cohort } from "../cohort/cohort.ts";
import { writeCohort } from "../cohort/cohort-file.ts";
import type { ImageRecord } from "../datasets/record.ts";
import { writePredictions } from "../evaluation/prediction-file.ts";
import { type Label, labelRow } from "../labels/label.ts";
import { writeJsonAtomic } from "../util/files.ts";
import { randomStream } from "../util/random.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import type { Study } from "./load-study.ts";
import { loadStudy } from "./load-study.ts";
import { recordStage } from "./stage-record.ts";
import { trainingSeed } from "./training-seed.ts";
import { transferStudy } from "./transfer-study.ts";

const STUDY = `schema: chexreason.study/1
name: small
model: { source: ../model }
data:
  mimic: { kind: phantom, site: phantom-mimic, images: 10 }
  chexpert: { kind: phantom, site: phantom-chexpert, images: 10 }
  nih: { kind: phantom, site: phantom-nih, images: 10 }
cohort: { source: mimic }
teacher: { kind: worded }
evaluation: { sets: { chexpert: {}, nih: {} } }
`;
const SITES = ["chexpert", "nih"];
const MODELS = ["base", "sft", "grpo"];
const IMAGES = 120;
/** How often each model is right about Edema, the only label that is ever there. */
const RIGHT: Readonly<Record<string, number>> = { base: 0.6, sft: 0.9, grpo: 0.9 };

const root = scratchFolder();
let study: Study;

function record(site: string, patient: string, labels: readonly Label[]): ImageRecord {
  return {
    id: `${site}/${patient}`,
    patient,
    study: patient,
    image: `${patient}.png`,
    view: "PA",
    sex: null,
    age: null,
    site,
    licence: "synthetic",
    labels: labelRow(Object.fromEntries(labels.map((label) => [label, 1]))),
  };
}

function cohort(name: string, use: Cohort["use"], site: string, prefix: string, count: number): Cohort {
  const truth = randomStream(0, "truth", name);
  const records = Array.from({ length: count }, (_, i) =>
    record(site, `${prefix}${i}`, truth.chance(0.5) ? ["Edema"] : []),
  );
  return { name, use, rule: "all", records };
}

/** What a finished study leaves, as far as it is read here. */
async function finish({ folder, config }: Study): Promise<void> {
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  await writeCohort(at("cohorts/sft.jsonl"), cohort("sft", "train", "mimic", "s", 20));
  await writeCohort(at("cohorts/rl.jsonl"), cohort("rl", "train", "mimic", "r", 20));
  await writeCohort(at("cohorts/validation.jsonl"), cohort("validation", "choose", "mimic", "v", 20));
  const done = (name: string, files: string[], facts: object = {}) =>
    recordStage(folder, name, "0", { files, summary: "", facts: { ...facts } }, 0);
  for (const site of SITES) {
    const test = cohort(`test-${site}`, "verdict", site, "p", IMAGES);
    await writeCohort(at(`cohorts/test-${site}.jsonl`), test);
    await done(`test-set ${site}`, [`cohorts/test-${site}.jsonl`]);
    for (const model of MODELS) {
      const luck = randomStream(trainingSeed(config), "answers", model, site);
      const file = `predictions/${model}@${site}.parquet`;
      await writePredictions(
        at(file),
        test.records.map(({ id, patient, labels }) => {
          const isNamed = (labels.Edema === 1) === luck.chance(RIGHT[model] ?? 0);
          const named: Label[] = isNamed ? ["Edema"] : [];
          return { id, patient, site, text: "", tokens: 1, finish: "stop", failure: null, labels: named };
        }),
      );
      await done(`predict ${model}@${site}`, [file]);
    }
  }
  for (const [stage, steps] of [
    ["sft", [0, 10, 20]],
    ["grpo", [0, 1, 2]],
  ] as const) {
    await writeJsonAtomic(at(`runs/${stage}-0/config.json`), { seed: trainingSeed(config) });
    const key = stage === "sft" ? "step" : "rollout";
    const rows = steps.map((step) => JSON.stringify({ kind: "validation", [key]: step }));
    await writeFile(at(`runs/${stage}-0/metrics.jsonl`), `${rows.join("\n")}\n`);
    await done(stage, [`runs/${stage}-0/config.json`], { folder: `runs/${stage}-0` });
  }
}

async function newStudy(seed: number, ...settings: string[]): Promise<Study> {
  const folder = await mkdtemp(path.join(root, "case-"));
  const file = path.join(folder, "study.yaml");
  await writeFile(file, STUDY);
  return loadStudy(file, [`folder=${folder}/done`, `seed=${seed}`, ...settings]);
}

beforeEach(async () => {
  study = await newStudy(1);
});

describe("transferStudy", () => {
  it("judges the predictions of a finished study, and says what was chosen and what is stale", async () => {
    await finish(study);
    const { hospitals, contrasts, choices, notes, pairs, scope } = await transferStudy(study, {
      resamples: 600,
    });
    expect(scope).toEqual({ kind: "two checkpoints" });
    expect(hospitals.map(({ name, role, patients }) => [name, role, patients])).toEqual([
      ["chexpert", "same-schema", IMAGES],
      ["nih", "other-schema", IMAGES],
    ]);
    expect(contrasts.map(({ from, to, verdict }) => [from, to, verdict])).toEqual([
      ["base", "sft", "transfers"],
      ["sft", "grpo", expect.stringMatching(/unchanged|inconclusive/)],
    ]);
    expect(pairs[0]?.rows.map(({ model }) => model)).toEqual([...MODELS, "always", "prior", "constant"]);
    expect(pairs[0]?.labels.matched).toHaveLength(9);
    expect(choices).toEqual([
      { model: "sft", k: 2, of: "checkpoints, by the loss on held-out traces" },
      { model: "grpo", k: 3, of: "checkpoints, by jaccard on the validation set" },
    ]);
    expect(notes[0]).toMatch(/^stale, judged as they are .*: test-set chexpert, predict base@chexpert,/);
  });

  it("takes the margin from the study, unless it is given another", async () => {
    await finish(study);
    const { evaluation } = study.config;
    const declared = { ...study, config: { ...study.config, evaluation: { ...evaluation, margin: 0.3 } } };
    const own = await transferStudy(declared, { resamples: 600 });
    // Two models of one skill: within 0.3 for certain, within 0.02 not.
    expect([own.delta, own.declaredDelta, own.contrasts[1]?.verdict]).toEqual([0.3, 0.3, "unchanged"]);
    const other = await transferStudy(declared, { delta: 0.001, resamples: 600 });
    expect([other.delta, other.declaredDelta]).toEqual([0.001, 0.3]);
    expect(other.contrasts[1]?.verdict).not.toBe("unchanged");
  });

  it("puts models from elsewhere into the matrix, and holds the last model against them", async () => {
    await finish(study);
    const theirs = (name: string, files: Record<string, string>) => ({
      kind: "predictions" as const,
      name,
      files,
    });
    const outside = [theirs("theirs", { chexpert: "a", nih: "b" }), theirs("half", { nih: "c" })];
    const config = { ...study.config, evaluation: { ...study.config.evaluation, outside } };
    for (const [name, site] of [
      ["theirs", "chexpert"],
      ["theirs", "nih"],
      ["half", "nih"],
    ]) {
      // As the study's own base read it.
      const file = path.join(study.folder, "predictions", `${name}@${site}.parquet`);
      await copyFile(path.join(study.folder, `predictions/base@${site}.parquet`), file);
      await recordStage(
        study.folder,
        `predict ${name}@${site}`,
        "0",
        { files: [`predictions/${name}@${site}.parquet`], summary: "", facts: {} },
        0,
      );
    }
    const { pairs, elsewhere, contrasts, notes } = await transferStudy(
      { ...study, config },
      { resamples: 600 },
    );
    expect(pairs[0]?.rows.map(({ model }) => model)).toEqual([
      ...MODELS,
      "theirs",
      "always",
      "prior",
      "constant",
    ]);
    expect(elsewhere.map(({ from, to, home, away }) => [from, to, home, away])).toEqual([
      ["theirs", "grpo", "chexpert", "nih"],
    ]);
    const [base, , , same] = pairs[0]?.rows ?? [];
    expect(same?.home).toEqual(base?.home);
    expect(elsewhere[0]?.changes.matched.home.absolute.low).toBeGreaterThan(0);
    expect(contrasts).toHaveLength(2);
    expect(notes[0]).toBe("half is in no matrix: it was not read on chexpert");
  });

  it("counts what the study declares as picked elsewhere", async () => {
    await finish(study);
    const { evaluation } = study.config;
    const chosen = [{ model: "sft", k: 4, of: "formats, on another set" }];
    const declared = { ...study, config: { ...study.config, evaluation: { ...evaluation, chosen } } };
    const { choices, lineage } = await transferStudy(declared, { resamples: 600 });
    expect(choices.at(-1)).toEqual(chosen[0]);
    expect(lineage).toEqual(MODELS);
  });

  it("takes home and away from the caller", async () => {
    await finish(study);
    const { pairs } = await transferStudy(study, { home: "nih", away: ["chexpert"], resamples: 600 });
    expect(pairs.map(({ home, away }) => [home, away])).toEqual([["nih", "chexpert"]]);
    await expect(transferStudy(study, { home: "padchest" })).rejects.toThrow("--home padchest");
  });

  it("judges a recipe from repeats, each with the seed it was trained with", async () => {
    await finish(study);
    const other = await newStudy(2);
    await finish(other);
    const { scope, contrasts } = await transferStudy(study, {
      repeats: [`2=${other.folder}`],
      resamples: 600,
    });
    expect(scope).toEqual({ kind: "recipe", seeds: [1, 2] });
    expect(contrasts.map(({ inconclusive }) => inconclusive?.kind)).toEqual([
      "too few seeds",
      "too few seeds",
    ]);
    await expect(transferStudy(study, { repeats: [`3=${other.folder}`] })).rejects.toThrow(
      "done was trained with seed 2, not 3: give its own seed",
    );
    await expect(transferStudy(study, { repeats: [`1=${other.folder}`] })).rejects.toThrow(
      "seed 1 is given twice",
    );
    await expect(transferStudy(study, { repeats: [other.folder] })).rejects.toThrow("write seed=folder");
  });

  it("judges the recipe of a study with training seeds, with each training beside it", async () => {
    const several = await newStudy(1, "trainingSeeds=[6, 7]");
    for (const { study: training } of several.variants) await finish(training);
    const { scope, subject, contrasts, trainings, notes } = await transferStudy(several, { resamples: 600 });
    expect([scope, subject]).toEqual([{ kind: "recipe", seeds: [6, 7] }, "small"]);
    expect(contrasts[0]?.inconclusive).toEqual({ kind: "too few seeds", seeds: 2, needed: 5 });
    expect(
      trainings.map(({ seed, transfer }) => [seed, transfer.subject, transfer.contrasts[0]?.verdict]),
    ).toEqual([
      [6, "small, seed 6", "transfers"],
      [7, "small, seed 7", "transfers"],
    ]);
    expect(notes.map((note) => note.slice(0, 13))).toEqual(["seed 6: stale", "seed 7: stale"]);
    const one = await transferStudy(several, { variant: "seed-7", resamples: 600 });
    expect([one.scope, one.trainings]).toEqual([{ kind: "two checkpoints" }, []]);
    await expect(transferStudy(several, { variant: "seed-8" })).rejects.toThrow(
      "by --variant (seed-6, seed-7)",
    );
    const variants = await newStudy(
      1,
      "trainingSeeds=[6, 7]",
      "variants={ a: {}, b: { trainingSeeds: [1] } }",
    );
    await expect(transferStudy(variants, {})).rejects.toThrow("by --variant (a, a-seed-6, a-seed-7, b)");
  });

  it("refuses a study that is not finished, or trains nothing", async () => {
    await expect(transferStudy(study, {})).rejects.toThrow(
      /test-set chexpert is missing; run chexreason evaluate/,
    );
    const untrained = { ...study, config: { ...study.config, sft: null, grpo: null } };
    await expect(transferStudy(untrained, {})).rejects.toThrow("trains nothing");
    await expect(transferStudy(study, { variant: "longer" })).rejects.toThrow(
      "name one of its variants by --variant (it has none)",
    );
  });

  it("refuses test patients that chose something", async () => {
    await finish(study);
    const file = path.join(study.folder, "cohorts/choose-nih.jsonl");
    await writeCohort(file, cohort("choose-nih", "choose", "nih", "p", 3));
    await expect(transferStudy(study, { resamples: 600 })).rejects.toThrow(
      "test-nih: 3 of its patients trained or chose something, first p0 of phantom-nih in choose-nih",
    );
  });
});
