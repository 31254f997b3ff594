import { describe, expect, it } from "vitest";
import { LABELS, labelRow } from "./label.ts";
import { applyPolicy, DEFAULT_POLICY, isBlankRow, positiveLabels, truthRow } from "./policy.ts";

describe("applyPolicy", () => {
  // The whole truth table: value, U-Zeros, U-Ones, U-Ignore; blank apart.
  it.each([
    [1, 1, 1, 1],
    [0, 0, 0, 0],
    [-1, 0, 1, null],
  ] as const)("reads %s as %s, %s, %s", (value, zeros, ones, ignore) => {
    for (const blank of ["zero", "ignore"] as const) {
      expect(applyPolicy(value, { uncertain: "zeros", blank })).toBe(zeros);
      expect(applyPolicy(value, { uncertain: "ones", blank })).toBe(ones);
      expect(applyPolicy(value, { uncertain: "ignore", blank })).toBe(ignore);
    }
  });

  it("reads blank by its own choice, whatever uncertain is", () => {
    for (const uncertain of ["zeros", "ones", "ignore"] as const) {
      expect(applyPolicy(null, { uncertain, blank: "zero" })).toBe(0);
      expect(applyPolicy(null, { uncertain, blank: "ignore" })).toBe(null);
    }
  });
});

describe("rows under a policy", () => {
  const row = labelRow({ Edema: 1, Fracture: -1, Atelectasis: 0 });

  it("takes only a stated 1 as positive by default, as the paper does", () => {
    expect(positiveLabels(row)).toEqual(["Edema"]);
    expect(positiveLabels(row, { uncertain: "ones", blank: "zero" })).toEqual(["Edema", "Fracture"]);
  });

  it("leaves out what the hospital cannot state, even where blank means negative", () => {
    const truth = truthRow(row, DEFAULT_POLICY, ["Edema", "Pneumonia"]);
    expect(truth.Edema).toBe(1);
    expect(truth.Pneumonia).toBe(0);
    expect(truth.Fracture).toBe(null);
    expect(Object.keys(truth)).toEqual([...LABELS]);
  });

  it("knows a row that says nothing", () => {
    expect(isBlankRow(labelRow({}))).toBe(true);
    expect(isBlankRow(labelRow({ Fracture: 0 }))).toBe(false);
  });
});
