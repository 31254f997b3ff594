import { describe, expect, it } from "vitest";
import { groupAdvantages } from "./advantage.ts";

describe("groupAdvantages", () => {
  it("subtracts the group's mean", () => {
    expect(groupAdvantages([1, 0, 0.5, 0.5], "none")).toEqual([0.5, -0.5, 0, 0]);
  });

  it("divides by the sample standard deviation when asked", () => {
    // deviations 1, -1, 0, 0: variance 2/3, deviation 0.816497
    const [first] = groupAdvantages([2, 0, 1, 1], "standard-deviation");
    expect(first).toBeCloseTo(1 / (0.816496580927726 + 1e-4), 12);
  });

  it.each(["none", "standard-deviation"] as const)("gives exact zeros for equal rewards (%s)", (scaling) => {
    // 0.1 + 0.1 + 0.1 is not 0.3: their mean is not 0.1.
    expect(groupAdvantages([0.1, 0.1, 0.1], scaling)).toEqual([0, 0, 0]);
  });
});
