import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Cohort } from "../cohort/cohort.ts";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import { writePredictions } from "../evaluation/prediction-file.ts";
import { LABELS, type Label } from "../labels/label.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { outsidePredictions } from "./outside-models-files.ts";

const folder = scratchFolder();
const cohort: Cohort = {
  name: "test-there",
  use: "verdict",
  rule: "all",
  records: [
    exampleRecord({ id: "a" }),
    exampleRecord({ id: "b", image: "test/patient1/study1/view1_frontal.jpg" }),
  ],
};
const STATED: readonly Label[] = ["Edema", "Pneumonia"];
const file = async (name: string, text: string): Promise<string> => {
  const at = path.join(folder, name);
  await writeFile(at, text);
  return at;
};

describe("predictions from a file", () => {
  it("are joined by id or path, whatever stands in the file besides", async () => {
    const csv = await file(
      "labels.csv",
      "Path,Pneumonia,Edema\nother,1,1\na,0,1\nCheXpert-v1.0/test/patient1/study1/view1_frontal.jpg,0,0\n",
    );
    const { predictions, besides } = await outsidePredictions(csv, {}, cohort, STATED);
    expect(predictions.map(({ id, patient, labels, failure }) => [id, patient, labels, failure])).toEqual([
      ["a", "patient of a", ["Edema"], null],
      ["b", "patient of b", [], null],
    ]);
    expect(besides).toBe(1);
  });

  it("are whole answers where a dialect says how to read them", async () => {
    const csv = await file(
      "texts.csv",
      'id,text\na,"<answer>Edema, Pneumonia</answer>"\nb,There is edema.\n',
    );
    const { predictions } = await outsidePredictions(csv, { dialect: "answer-tags" }, cohort, STATED);
    expect(predictions.map(({ labels, failure, text }) => [labels, failure, text])).toEqual([
      [["Edema", "Pneumonia"], null, "<answer>Edema, Pneumonia</answer>"],
      [null, "no answer", "There is edema."],
    ]);
  });

  it("are this project's own Parquet", async () => {
    const at = path.join(folder, "own.parquet");
    const head = { patient: "x", site: "y", text: "t", tokens: 3, finish: "stop" as const };
    await writePredictions(at, [
      { ...head, id: "b", failure: "cut off", labels: null },
      { ...head, id: "a", failure: null, labels: ["Edema"] },
    ]);
    const { predictions } = await outsidePredictions(at, {}, cohort, LABELS);
    expect(predictions.map(({ id, patient, site, labels }) => [id, patient, site, labels])).toEqual([
      ["a", "patient of a", "phantom-mimic", ["Edema"]],
      ["b", "patient of b", "phantom-mimic", null],
    ]);
  });

  it.each([
    [
      "an image is missing",
      "id,Edema,Pneumonia\na,1,0\n",
      {},
      /no prediction for b and 0 more images of test-there/,
    ],
    ["a label is missing", "id,Edema\na,1\nb,0\n", {}, /no column Pneumonia, which test-there states/],
    [
      "an answer is there twice",
      "id,text\na,x\na,y\n",
      { dialect: "answer-tags" as const },
      /line 3: a is there twice/,
    ],
    [
      "no column names the image",
      "picture,text\na,x\n",
      { dialect: "answer-tags" as const },
      /no column says which image/,
    ],
  ])("are refused where %s", async (name, text, settings, message) => {
    const at = await file(`${name}.csv`, text);
    await expect(outsidePredictions(at, settings, cohort, STATED)).rejects.toThrow(message);
  });
});
