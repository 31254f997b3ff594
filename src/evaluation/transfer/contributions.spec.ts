import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABELS } from "../../labels/label.ts";
import { contributions } from "./contributions.ts";

describe("contributions", () => {
  it("are each label's change over the number of labels", () => {
    const parts = contributions([
      { label: "Edema", from: 0.2, to: 0.1 },
      { label: "Lung Opacity", from: 0.1, to: 0.5 },
    ]);
    expect(parts.map(({ label }) => label)).toEqual(["Lung Opacity", "Edema"]);
    // +0.4 / 2 and -0.1 / 2 make +0.15.
    expect(parts[0]?.contribution).toBeCloseTo(0.2, 12);
    expect(parts[0]?.share).toBeCloseTo(4 / 3, 12);
    expect(parts[1]?.contribution).toBeCloseTo(-0.05, 12);
    expect(parts[1]?.share).toBeCloseTo(-1 / 3, 12);
  });

  it("have no share of nothing", () => {
    expect(contributions([{ label: "Edema", from: 0.2, to: 0.2 }])[0]?.share).toBeNull();
    expect(contributions([])).toEqual([]);
  });

  it("sum to the difference of the means", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 14 }), (pairs) => {
        const labels = pairs.map(([from, to], i) => ({ label: LABELS[i] ?? "Edema", from, to }));
        const mean = (of: "from" | "to"): number =>
          labels.reduce((sum, label) => sum + label[of], 0) / labels.length;
        const sum = contributions(labels).reduce((total, part) => total + part.contribution, 0);
        expect(sum).toBeCloseTo(mean("to") - mean("from"), 12);
      }),
    );
  });
});
