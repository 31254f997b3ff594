import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchedLabels, statedLabels } from "./convention.ts";
import { LABELS, type LabelRow } from "./label.ts";
import { NIH_MAPPING, type NihOptions, readNihFindings } from "./nih.ts";

function read(findings: string, options?: NihOptions): LabelRow {
  const reading = readNihFindings(findings.split("|"), options);
  if (reading.kind !== "row") throw new Error(`unknown: ${reading.finding}`);
  return reading.row;
}
const positive = (row: LabelRow) => LABELS.filter((label) => row[label] === 1);

describe("the nine shared labels", () => {
  const nine = [
    "No Finding",
    "Cardiomegaly",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Other",
  ];

  it("are what NIH states, and what it has in common with CheXpert and MIMIC", () => {
    expect(statedLabels("nih")).toEqual(nine);
    expect(matchedLabels([statedLabels("chexpert"), statedLabels("nih"), statedLabels("mimic")])).toEqual(
      nine,
    );
    expect(statedLabels("mimic")).toEqual(LABELS);
  });

  it("are 1 or 0 in every row, and the others null", () => {
    const findings = fc.subarray(NIH_MAPPING.map(({ finding }) => finding));
    fc.assert(
      fc.property(findings, (listed) => {
        const reading = readNihFindings(listed);
        if (reading.kind !== "row") throw new Error("unknown");
        for (const label of LABELS) {
          expect(reading.row[label] === null).toBe(!nine.includes(label));
        }
      }),
    );
  });
});

describe("readNihFindings", () => {
  it("joins Mass and Nodule, and takes thickening as Pleural Other", () => {
    expect(positive(read("Mass|Nodule|Pleural_Thickening"))).toEqual(["Lung Lesion", "Pleural Other"]);
  });

  it("takes findings outside the nine as an empty set, not as No Finding", () => {
    for (const outside of ["Effusion", "Infiltration", "Fibrosis", "Emphysema", "Hernia"]) {
      const row = read(outside);
      expect(positive(row)).toEqual([]);
      expect(row["No Finding"]).toBe(0);
    }
    expect(positive(read("No Finding"))).toEqual(["No Finding"]);
    expect(positive(read("No Finding|Emphysema"))).toEqual([]);
  });

  it("reads more on request", () => {
    expect(positive(read("Effusion|Infiltration", { wider: true }))).toEqual([
      "Lung Opacity",
      "Pleural Effusion",
    ]);
    expect(read("Edema", { wider: true })["Pleural Effusion"]).toBe(0);
    expect(positive(read("Fibrosis", { fibrosisAsPleuralOther: true }))).toEqual(["Pleural Other"]);
    expect(statedLabels("nih", { wider: true })).toHaveLength(11);
  });

  it("names a finding that is none of the 15", () => {
    expect(readNihFindings(["Edema", "edema"])).toEqual({ kind: "unknown", finding: "edema" });
  });
});
