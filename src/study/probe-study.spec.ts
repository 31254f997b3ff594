import { mkdtemp, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Cohort } from "../cohort/cohort.ts";
import { writeCohort } from "../cohort/cohort-file.ts";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import { writePredictions } from "../evaluation/prediction-file.ts";
import { closeUpward } from "../labels/hierarchy.ts";
import { type Label, labelRow } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadStudy, type Study } from "./load-study.ts";
import { type ProbeStudyOptions, probeStudy } from "./probe-study.ts";
import { probeStudyText } from "./probe-study-text.ts";

const STUDY = `schema: chexreason.study/1
name: small
model: { source: ../model }
data:
  mimic: { kind: phantom, site: phantom-mimic, images: 10 }
  chexpert: { kind: phantom, site: phantom-chexpert, images: 10 }
  nih: { kind: phantom, site: phantom-nih, images: 10 }
cohort: { source: mimic }
teacher: { kind: worded }
grpo: null
evaluation: { sets: { chexpert: {}, nih: {} }, resamples: 200 }
`;
const IMAGES = 150;
const root = scratchFolder();
let study: Study;

/** Who always names the parent, and who hardly ever does. */
const closes = (labels: readonly Label[]): Label[] => closeUpward(labels);
const omits = (labels: readonly Label[]): Label[] => [...labels];

function cohort(name: string, use: Cohort["use"], site: string, convention: typeof closes): Cohort {
  const random = randomStream(1, name);
  const records = Array.from({ length: IMAGES }, (_, i) => {
    const labels = convention(random.chance(0.5) ? ["Edema"] : ["No Finding"]);
    const row = labelRow(Object.fromEntries(labels.map((label) => [label, 1])));
    return exampleRecord({ id: `${name}${i}`, patient: `${name}${i}`, site, labels: row });
  });
  return { name, use, rule: "all", records };
}

const options = (changes: Partial<ProbeStudyOptions> = {}): ProbeStudyOptions => ({
  model: "sft",
  n: 4,
  only: ["convention"],
  fill: "mean",
  engine: {},
  onProgress: () => {},
  ...changes,
});

beforeAll(async () => {
  const folder = await mkdtemp(path.join(root, "case-"));
  const file = path.join(folder, "study.yaml");
  await writeFile(file, STUDY);
  study = await loadStudy(file, [`folder=${JSON.stringify(path.join(folder, "done"))}`]);
  const at = (name: string): string => path.join(study.folder, name);
  for (const name of ["sft", "rl"])
    await writeCohort(at(`cohorts/${name}.jsonl`), cohort(name, "train", "mimic", omits));
  const test = cohort("test-chexpert", "verdict", "chexpert", closes);
  await writeCohort(at("cohorts/test-chexpert.jsonl"), test);
  for (const [model, convention] of [
    ["base", closes],
    ["sft", omits],
  ] as const)
    await writePredictions(
      at(`predictions/${model}@chexpert.parquet`),
      test.records.map(({ id, patient, site, labels }) => ({
        ...{ id, patient, site, text: "", tokens: 1, finish: "stop" as const, failure: null },
        labels: convention(labels.Edema === 1 ? ["Edema"] : ["No Finding"]),
      })),
    );
});

describe("probeStudy", () => {
  it("reads conventions from what a study left, without an engine", async () => {
    const probe = await probeStudy(study, options({ data: ["chexpert"] }));
    const [chexpert, ...others] = probe.hospitals;
    expect(others).toEqual([]);
    expect([probe.schema, chexpert?.regions, chexpert?.switches]).toEqual([
      "chexreason.probe/1",
      { notProbed: "not asked for" },
      { notProbed: "not asked for" },
    ]);
    if (chexpert === undefined || "notProbed" in chexpert.convention) throw new Error("not probed");
    const edema = chexpert.convention.implications.find(({ antecedent }) => antecedent === "Edema");
    expect(edema).toMatchObject({
      consequent: "Lung Opacity",
      training: { value: 0 },
      truth: { value: 1 },
      model: { value: 0 },
      outcome: "follows training labeler",
      move: { baseline: { value: 1 }, outcome: "towards training labeler" },
    });
    const text = probeStudyText(probe);
    expect(text).toMatch(
      /^sft on chexpert\n\nconventions: 150 images of 150 patients, 0 failed answers left out$/m,
    );
    expect(text).toMatch(
      /^Edema -> Lung Opacity +0\.00 +1\.00 +0\.00 \[0\.00, 0\.0\d\] +\d+ +follows training/m,
    );
  });

  it.each([
    ["a hospital that is none", { data: ["mimic"] }, /--data mimic: evaluation\.sets has chexpert, nih/],
    ["a model that is none", { model: "grpo" as const }, /makes no grpo model/],
    ["a hospital without readings", { data: ["nih"] }, /test-nih\.jsonl/],
    ["a variant that is none", { variant: "x" }, /name one of its variants by --variant \(it has none\)/],
    ["a model not trained yet", { only: ["regions" as const] }, /has no sft model yet: run `chexreason sft /],
  ])("refuses %s", async (_, changes, message) => {
    await expect(probeStudy(study, options(changes))).rejects.toThrow(message);
  });
});
