import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { writePredictions } from "../prediction-file.ts";
import { labelOf, readLabelFile } from "./label-file.ts";

const scratch = scratchFolder();
function table(name: string, ...lines: string[]): string {
  const file = path.join(scratch, name);
  writeFileSync(file, lines.join("\n"));
  return file;
}

describe("readLabelFile", () => {
  it("reads by column name, in whatever order: readers swap Lung Lesion and Lung Opacity", async () => {
    const file = table(
      "a.csv",
      "Study,Lung Opacity,Note,Lung Lesion",
      "CheXpert-v1.0/x/patient1/study1,0,n,1",
    );
    const { labels, rows, keyColumn, patientColumn } = await readLabelFile(file);
    expect({ labels, keyColumn, patientColumn }).toEqual({
      labels: ["Lung Opacity", "Lung Lesion"],
      keyColumn: "Study",
      patientColumn: null,
    });
    expect(rows).toEqual([
      {
        key: "x/patient1/study1",
        patient: null,
        positive: ["Lung Lesion"],
        failure: null,
        probabilities: null,
      },
    ]);
  });

  it("takes uncertain and blank as 0, and counts them", async () => {
    const file = table("b.csv", "id,patient,Edema,Fracture", "1,a,-1.0,", "2,b,1.0,-1", "3,b,,0.0");
    const { rows, asNegative } = await readLabelFile(file);
    expect(rows.map(({ positive, patient }) => [patient, positive])).toEqual([
      ["a", []],
      ["b", ["Edema"]],
      ["b", []],
    ]);
    expect(asNegative).toEqual({ uncertain: { Edema: 1, Fracture: 1 }, blank: { Edema: 1, Fracture: 1 } });
  });

  it("reads probabilities with a threshold, which belongs to the label", async () => {
    const file = table("c.csv", "image,Edema,Fracture", "1,0.5,0.49", "2,1,0");
    const { rows } = await readLabelFile(file, { threshold: 0.5 });
    expect(rows.map(({ positive }) => positive)).toEqual([["Edema"], ["Edema"]]);
    expect(rows[0]?.probabilities).toEqual({ Edema: 0.5, Fracture: 0.49 });
    await expect(readLabelFile(file)).rejects.toMatchObject({
      message: expect.stringMatching(/c\.csv: line 2, Edema: "0\.5" is neither .* --threshold/),
      exitCode: 2,
    });
  });

  it("reads chexreason's own predictions, failures kept", async () => {
    const file = path.join(scratch, "own.parquet");
    const head = { patient: "p", site: "s", text: "", tokens: 1, finish: "stop" } as const;
    await writePredictions(file, [
      { ...head, id: "CheXpert-v1.0-small/a", failure: null, labels: ["Edema"] },
      { ...head, id: "b", failure: "cut off", labels: null },
    ]);
    const { rows, labels } = await readLabelFile(file);
    expect(labels).toHaveLength(14);
    expect(rows.map(({ key, positive, failure }) => [key, positive, failure])).toEqual([
      ["a", ["Edema"], null],
      ["b", null, "cut off"],
    ]);
  });

  it.each<[string, string[], number | undefined, string]>([
    ["no key", ["what,Edema", "1,1"], undefined, "no column says which image"],
    ["no label", ["id,edema", "1,1"], undefined, "no column is called as one of the 14 labels"],
    ["a label twice", ["id,Edema,Edema", "1,1,0"], undefined, 'two columns are called "Edema"'],
    ["a row twice", ["id,Edema", "1,1", "1,0"], undefined, "1 is there twice"],
    ["a row without a key", ["id,Edema", ",1"], undefined, "nothing under id"],
    ["a short row", ["id,Edema", "1"], undefined, "line 2: 1 fields where the header has 2"],
    ["a word", ["id,Edema", "1,yes"], undefined, 'line 2, Edema: "yes" is neither'],
    ["no probability", ["id,Edema", "1,1.2"], 0.5, 'Edema: "1.2" is no probability'],
    ["a blank probability", ["id,Edema", "1,"], 0.5, 'Edema: "" is no probability'],
  ])("refuses %s", async (name, lines, threshold, message) => {
    const file = table(`${name}.csv`, ...lines);
    await expect(readLabelFile(file, threshold === undefined ? {} : { threshold })).rejects.toThrow(message);
  });
});

describe("labelOf", () => {
  it("knows the 14 labels to the letter", () => {
    expect(labelOf("Edema")).toBe("Edema");
    expect(() => labelOf("edema")).toThrow('"edema" is none of the 14 labels');
  });
});
