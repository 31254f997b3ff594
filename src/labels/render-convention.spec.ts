import { describe, expect, it } from "vitest";
import { CONVENTIONS } from "./convention.ts";
import { canonicalOrder, LABELS } from "./label.ts";
import { HOSPITAL_KINDS } from "./label-mapping.ts";
import { conventionReport, renderConvention } from "./render-convention.ts";

describe.each(HOSPITAL_KINDS)("the convention of %s", (kind) => {
  const convention = CONVENTIONS[kind];

  it("maps each of the hospital's words once, with evidence, onto what it can state or nothing", () => {
    expect(convention.kind).toBe(kind);
    const words = convention.mapping.map(({ finding }) => finding);
    expect(new Set(words).size).toBe(words.length);
    for (const { label, scope, evidence } of convention.mapping) {
      expect(evidence).not.toBe("");
      expect(scope === "none").toBe(label === null);
      if (scope === "matched") expect(convention.stated).toContain(label);
    }
    const said = convention.mapping.flatMap(({ label, scope }) =>
      label !== null && scope === "matched" ? [label] : [],
    );
    expect(canonicalOrder(said)).toEqual(convention.stated);
  });

  it("is printed with every word, every reason and what it leaves out", () => {
    const report = conventionReport(kind);
    expect(canonicalOrder([...report.outside, ...report.stated])).toEqual(LABELS);
    expect(report.outside.some((label) => report.stated.includes(label))).toBe(false);
    const text = renderConvention(report);
    for (const { finding, evidence } of convention.mapping) {
      expect(text.split("\n").some((line) => line.startsWith(finding) && line.includes(evidence))).toBe(true);
    }
    for (const said of convention.neverSays) expect(text).toContain(said);
  });
});

it("says of NIH what is outside the nine", () => {
  expect(conventionReport("nih").outside).toEqual([
    "Enlarged Cardiomediastinum",
    "Lung Opacity",
    "Pleural Effusion",
    "Fracture",
    "Support Devices",
  ]);
});
