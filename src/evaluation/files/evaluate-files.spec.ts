import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { evaluateFiles } from "./evaluate-files.ts";
import { fileEvaluationText } from "./file-evaluation-text.ts";

const scratch = scratchFolder();
function table(name: string, ...lines: string[]): string {
  const file = path.join(scratch, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
const study = (i: number) => `CheXpert-v1.0/test/patient${i}/study1`;
const studies = Array.from({ length: 60 }, (_, i) => i);
const truth = table(
  "truth.csv",
  "Study,Edema,Fracture,Pneumonia",
  ...studies.map((i) => `${study(i)},${i % 2 ? 0 : 1},${i % 3 ? 0 : 1},${i < 4 ? 1 : 0}`),
);
/** Edema without a fault but for every `miss`-th; never Pneumonia; no Fracture column. */
const reader = (name: string, miss: number) =>
  table(
    name,
    "Study,Pneumonia,Edema",
    ...studies.map((i) => `${study(i)},0,${i % 2 || i % miss === 0 ? 0 : 1}`),
  );
const good = reader("good.csv", 30);
const bad = reader("bad.csv", 4);
const options = { truth, labels: "shared", resamples: 200, seed: 1 };

describe("evaluateFiles", () => {
  it("scores the labels that both files have, as worked by hand", async () => {
    const result = await evaluateFiles({ ...options, predictions: good });
    expect(result).toMatchObject({
      schema: "chexreason.evaluate/1",
      labels: ["Edema", "Pneumonia"],
      labelsLeftOut: ["Fracture"],
      n: 60,
      patients: 60,
      patientsFrom: "the path",
      failed: 0,
      scores: null,
      comparison: null,
    });
    // Edema: 30 positives, 0 and 30 missed. Pneumonia: 4 positives, never named.
    const edema = (2 * 28) / (2 * 28 + 2);
    expect(result.perLabel.Edema).toMatchObject({
      f1: edema,
      precision: 1,
      recall: 28 / 30,
      support: 30,
      predicted: 28,
      f1Interval: { method: "percentile" },
    });
    expect(result.perLabel.Pneumonia).toMatchObject({
      f1: 0,
      support: 4,
      f1Interval: { method: "dirichlet" },
    });
    expect(result.perLabel.Pneumonia?.f1Interval.high).toBeGreaterThan(0.2);
    expect(result.macroF1.value).toBeCloseTo(edema / 2, 12);
    expect(result.microF1.value).toBeCloseTo((2 * 28) / (2 * 28 + 6), 12);
    expect(result.macroF1.bca?.low).toBeLessThan(edema / 2);
    expect(result.frequent.labels).toEqual(["Edema"]);
    expect(result.frequent.macroF1.value).toBe(edema);
    expect(result.trivial.always?.macroF1.value).toBeCloseTo((60 / 90 + 8 / 64) / 2, 12);
  });

  it("reads images against the truth of their studies", async () => {
    const images = studies.flatMap((i) => [`${study(i)}/view1_frontal.jpg`, `${study(i)}/view2_frontal.jpg`]);
    const small = images.map((image) => image.replace("v1.0", "v1.0-small"));
    const predictions = table(
      "images.csv",
      "Path,Edema",
      ...small.map((image, i) => `${image},${i % 4 < 2 ? 1 : 0}`),
    );
    const result = await evaluateFiles({ ...options, predictions });
    expect(result).toMatchObject({ n: 120, patients: 60 });
    expect(result.macroF1.value).toBe(1);
  });

  it("compares two readers image by image, with a p", async () => {
    const { comparison, macroF1 } = await evaluateFiles({ ...options, predictions: good, against: bad });
    const [edema, pneumonia] = comparison?.labels ?? [];
    // Of the 30 with Edema: 15 missed by the one (every fourth), 2 by the other, one of those by both.
    expect(edema).toMatchObject({ outcome: "tested", positives: { onlyModel: 14, onlyBaseline: 1 } });
    // Of 2^15 exchanges of those 15, 32 differ at least as much.
    expect(edema?.outcome === "tested" && edema.p).toBeLessThan(0.02);
    expect(pneumonia).toMatchObject({ outcome: "described", difference: 0 });
    expect(comparison?.macroF1.value).toBeCloseTo(
      (macroF1.value ?? 0) - (comparison?.scoresOfAgainst.macroF1.value ?? 0),
      12,
    );
    expect(comparison?.macroF1.p).toBeLessThan(0.02);
    expect(comparison?.macroF1.bootstrapP).toBeLessThan(0.02);
    expect(comparison?.against.file).toBe(bad);
  });

  it("scores probabilities by rank too", async () => {
    const predictions = table(
      "p.csv",
      "Study,Edema,Pneumonia",
      ...studies.map((i) => `${study(i)},${i % 2 ? 0.2 : 0.9},${i < 4 ? 0.4 : 0.1}`),
    );
    const { scores, macroF1, threshold } = await evaluateFiles({ ...options, predictions, threshold: 0.5 });
    expect(threshold).toBe(0.5);
    expect(macroF1.value).toBe(0.5);
    expect(scores?.macro.all.auroc.value).toBe(1);
    const edema = scores?.perLabel.find(({ label }) => label === "Edema");
    expect(edema?.brier.value).toBeCloseTo((0.2 ** 2 + 0.1 ** 2) / 2, 12);
    await expect(evaluateFiles({ ...options, predictions })).rejects.toThrow("--threshold");
    await expect(evaluateFiles({ ...options, predictions, threshold: 2 })).rejects.toThrow("--threshold 2");
  });

  it("learns the prior and the best constant from a training table only", async () => {
    const training = table("train.csv", "Path,Edema,Pneumonia", "a,0,1", "b,0,1", "c,,1.0");
    const result = await evaluateFiles({ ...options, predictions: good, training });
    expect(Object.keys(result.trivial)).toEqual(["always", "prior", "constant"]);
    // Pneumonia for everyone: 8 / 64.
    expect(result.trivial.constant?.macroF1.value).toBeCloseTo(8 / 64 / 2, 12);
  });

  it.each<[string, string[], number]>([
    ["shared", ["Edema", "Pneumonia"], 2],
    ["nih", ["Edema", "Pneumonia"], 2],
    [" Pneumonia ", ["Pneumonia"], 1],
  ])("scores the labels asked for: %s", async (labels, wanted, count) => {
    const result = await evaluateFiles({ ...options, predictions: good, labels });
    expect(result.labels).toEqual(wanted);
    expect(result.labels).toHaveLength(count);
  });

  it("refuses what it could only guess", async () => {
    const run = (edit: Partial<Parameters<typeof evaluateFiles>[0]>) =>
      evaluateFiles({ ...options, predictions: good, ...edit });
    await expect(run({ labels: "all" })).rejects.toMatchObject({
      message: expect.stringContaining("good.csv: no column Fracture"),
      exitCode: 2,
    });
    await expect(run({ labels: "Hernia" })).rejects.toThrow('"Hernia" is none of the 14 labels');
    const other = table("other.csv", "Study,Support Devices", `${study(1)},1`);
    await expect(run({ predictions: other })).rejects.toThrow("no such label is in all of");
    const fewer = table("fewer.csv", "Study,Edema", ...studies.slice(2).map((i) => `${study(i)},1`));
    await expect(run({ predictions: fewer })).rejects.toThrow(
      "no prediction for test/patient0/study1 and 1 more rows",
    );
    const stray = table("stray.csv", "Study,Edema", "CheXpert-v1.0/test/patient99/study1,1");
    await expect(run({ predictions: stray })).rejects.toThrow("patient99/study1 has no row in");
    const unnamed = table("unnamed.csv", "id,Edema", "1,1", "2,0");
    await expect(run({ predictions: unnamed, truth: unnamed })).rejects.toThrow(
      "1 does not say which patient",
    );
  });
});

describe("fileEvaluationText", () => {
  it("says what was read and scored, line by line", async () => {
    const text = fileEvaluationText(await evaluateFiles({ ...options, predictions: good, against: bad }));
    expect(text).toContain("60 images of 60 patients (from the path), 2 labels, 0 failed answers\n");
    expect(text).toContain("not scored: Fracture\n");
    expect(text).toMatch(/^Edema +0\.966 \[0\.\d+, 1\.000\] +1\.000 +0\.933 +30$/m);
    expect(text).toMatch(/^Pneumonia +0\.000 \[0\.\d+, 0\.\d+\] \(dirichlet\) +0\.000 +0\.000 +4$/m);
    expect(text).toMatch(/^Pneumonia +0\.000 +4 positives: not tested$/m);
    expect(text).toMatch(/^Edema +0\.\d+ +p = (0\.\d{4}), Holm \1$/m);
  });
});
