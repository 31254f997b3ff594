import { describe, expect, it } from "vitest";
import { describeSet } from "./describe-set.ts";
import { labelShares } from "./label-shares.ts";
import { image } from "./testing/hospital.ts";

describe("describeSet", () => {
  it("counts images, patients, labels, pairs, ages, sexes and views", () => {
    const records = [
      { ...image("a", "p", ["Edema", "Fracture"]), age: 20, sex: "F" as const },
      { ...image("b", "p", ["Edema"], "PA"), age: 40, sex: "F" as const },
      { ...image("c", "q", []), age: 50, sex: "M" as const },
      { ...image("d", "q", ["Edema"]), age: null, sex: null, site: "there" },
    ];
    const set = describeSet("x", records);
    expect(set).toMatchObject({ name: "x", images: 4, patients: 3, stated: ["Edema", "Fracture"] });
    expect(set.tally.together.Edema.Fracture).toBe(1);
    // numpy.percentile([20, 40, 50], [25, 50, 75])
    expect(set.ages).toEqual({ known: 3, mean: 110 / 3, quartiles: [30, 40, 45] });
    expect(set.sex).toEqual({ F: 0.5, M: 0.25, unknown: 0.25 });
    expect(set.views).toEqual({ AP: 0.75, PA: 0.25 });
    expect(labelShares(records).Edema).toBe(0.75);
  });

  it("has nothing to say of an empty set", () => {
    const set = describeSet("none", []);
    expect(set.ages).toEqual({ known: 0, mean: null, quartiles: null });
    expect(set.views).toEqual({});
    expect(labelShares([]).Edema).toBe(0);
  });
});
