import { describe, expect, it } from "vitest";
import { contaminationTable, contaminationText, knownContaminations } from "./known-contaminations.ts";

describe("known contaminations", () => {
  it("are found by whatever the model is called, for its hospital alone", () => {
    const [found, ...others] = knownContaminations(["comparator", "nvidia/NV-Reason-CXR-3B"], "chexpert");
    expect(others).toEqual([]);
    expect(found === undefined ? "" : contaminationText(found)).toMatch(
      /^possible contamination: its published example list for GRPO .*grpo\.jsonl\)\)$/,
    );
    expect(knownContaminations(["nvidia/NV-Reason-CXR-3B"], "nih")).toEqual([]);
    expect(knownContaminations(["google/medgemma-4b-it"], "chexpert")).toEqual([]);
  });

  it("each name a source", () => {
    expect(contaminationTable().length).toBeGreaterThan(0);
    for (const { source } of contaminationTable()) expect(source).toMatch(/^https:\/\//);
  });
});
