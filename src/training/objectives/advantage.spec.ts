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

  it("gives zeros for equal rewards", () => {
    expect(groupAdvantages([0.3, 0.3, 0.3], "standard-deviation").every((a) => Math.abs(a) < 1e-9)).toBe(
      true,
    );
  });
});
