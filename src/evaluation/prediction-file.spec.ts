import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { type Prediction, readPredictions, writePredictions } from "./prediction-file.ts";

const folder = scratchFolder();

const predictions: Prediction[] = [
  {
    id: "a.png",
    patient: "1",
    site: "x",
    text: '<think>"quoted", with\nbreaks</think><solution>Edema, Fracture</solution>',
    tokens: 12,
    finish: "stop",
    failure: null,
    labels: ["Edema", "Fracture"],
  },
  {
    id: "b",
    patient: "2",
    site: "x",
    text: "",
    tokens: 1,
    finish: "length",
    failure: "cut off",
    labels: null,
  },
];

it("gives back what was written, and the same bytes for the same predictions", async () => {
  const [first, second] = [path.join(folder, "1.parquet"), path.join(folder, "2.parquet")];
  await writePredictions(first, predictions);
  await writePredictions(second, predictions);
  expect(await readPredictions(first)).toEqual(predictions);
  expect(await readFile(first)).toEqual(await readFile(second));
});

it("names a file that is not there", async () => {
  await expect(readPredictions(path.join(folder, "none.parquet"))).rejects.toThrow(
    /none\.parquet: cannot be read/,
  );
});

it("names the row and the column of what is no prediction", async () => {
  const file = path.join(folder, "wrong.parquet");
  const wrong = predictions.map((prediction, at) => (at === 1 ? { ...prediction, tokens: NaN } : prediction));
  await writePredictions(file, wrong);
  await expect(readPredictions(file)).rejects.toThrow(
    `${file}: row 2, tokens: Invalid input: expected number, received NaN`,
  );
});
