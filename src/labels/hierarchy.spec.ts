import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closeRowUpward, closeUpward, PARENTS } from "./hierarchy.ts";
import { canonicalOrder, LABELS, type Label, labelRow } from "./label.ts";

const labelSets = fc.subarray([...LABELS]);

describe("closeUpward", () => {
  it("adds the parent that CheXpert's test readers add", () => {
    expect(closeUpward(["Cardiomegaly"])).toEqual(["Enlarged Cardiomediastinum", "Cardiomegaly"]);
    for (const opacity of ["Lung Lesion", "Edema", "Consolidation", "Pneumonia", "Atelectasis"] as const) {
      expect(closeUpward(["Fracture", opacity])).toEqual(["Lung Opacity", opacity, "Fracture"]);
    }
    expect(closeUpward(["No Finding", "Pleural Effusion", "Support Devices"])).toEqual([
      "No Finding",
      "Pleural Effusion",
      "Support Devices",
    ]);
  });

  it("keeps every label, adds only ancestors, is idempotent and monotone", () => {
    fc.assert(
      fc.property(labelSets, labelSets, (labels, more) => {
        const closed = closeUpward(labels);
        expect(closed).toEqual(canonicalOrder(closed));
        expect(closeUpward(closed)).toEqual(closed);
        for (const label of labels) expect(closed).toContain(label);
        for (const label of closed) {
          const hasReason = labels.includes(label) || labels.some((child) => PARENTS[child] === label);
          expect(hasReason).toBe(true);
        }
        for (const label of closed) expect(closeUpward([...labels, ...more])).toContain(label);
      }),
    );
  });
});

describe("closeRowUpward", () => {
  it("overrules what was said of the parent, and nothing else", () => {
    const row = labelRow({ Cardiomegaly: 1, "Enlarged Cardiomediastinum": 0, Edema: -1, Fracture: 0 });
    expect(closeRowUpward(row)).toEqual({ ...row, "Enlarged Cardiomediastinum": 1 });
  });

  it("agrees with closeUpward on the positive labels of any row", () => {
    const rows = fc.tuple(...LABELS.map(() => fc.constantFrom(1 as const, 0 as const, -1 as const, null)));
    fc.assert(
      fc.property(rows, (values) => {
        const row = labelRow(Object.fromEntries(LABELS.map((label, at) => [label, values[at]])));
        const positive = (of: typeof row): Label[] => LABELS.filter((label) => of[label] === 1);
        expect(positive(closeRowUpward(row))).toEqual(closeUpward(positive(row)));
      }),
    );
  });
});
