import { describe, expect, it } from "vitest";
import { labelRow } from "../../labels/label.ts";
import { readNihFindings } from "../../labels/nih.ts";
import { nihFindingLabels } from "./nih-names.ts";

const PLAIN = /^(No Finding|[A-Z][a-z]+(_Thickening)?(\|[A-Z][a-z]+(_Thickening)?)*)$/;
const draws = Array.from({ length: 4000 }, (_, i) => i);

describe("nihFindingLabels", () => {
  it("writes NIH's names in alphabetical order, joined by a bar", () => {
    const row = labelRow({
      "Pleural Effusion": 1,
      "Lung Opacity": 1,
      "Pleural Other": 1,
      "Lung Lesion": 1,
      Edema: -1,
    });
    const texts = draws.map((i) => nihFindingLabels(row, 0.9, 1, [i]));
    expect(texts).toContain("Effusion|Infiltration|Mass|Pleural_Thickening");
    for (const text of texts) expect(text).toMatch(PLAIN);
    expect(nihFindingLabels(labelRow({ "Lung Lesion": 1 }), 0.2, 1, [0])).toContain("Nodule");
  });

  it("calls a picture with only nameless findings No Finding, except for the few names beyond the 14", () => {
    const row = labelRow({ Fracture: 1, "Support Devices": 1, "Enlarged Cardiomediastinum": 1 });
    const texts = draws.map((i) => nihFindingLabels(row, undefined, 1, [i]));
    const share = (text: string) => texts.filter((t) => t.includes(text)).length / texts.length;
    expect(share("No Finding")).toBeGreaterThan(0.93);
    expect(share("Emphysema")).toBeCloseTo(0.022, 1.8);
    expect(share("Hernia")).toBeGreaterThan(0);
    expect(texts.some((t) => t.includes("No Finding|") || t.includes("|No Finding"))).toBe(false);
  });

  it("is read back by the NIH reader as the labels it came from", () => {
    const row = labelRow({ Cardiomegaly: 1, "Lung Lesion": 1, Pneumothorax: 1, "Pleural Other": 1 });
    const reading = readNihFindings(nihFindingLabels(row, 0.9, 2, [0]).split("|"));
    expect(reading).toMatchObject({
      kind: "row",
      row: { Cardiomegaly: 1, "Lung Lesion": 1, Pneumothorax: 1, "Pleural Other": 1, Edema: 0 },
    });
  });
});
