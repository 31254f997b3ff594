import { describe, expect, it } from "vitest";
import { smooth } from "./smooth.ts";

describe("smooth", () => {
  it("is the weighted mean of the values so far", () => {
    // By hand, weight 0.5: 4; (0.25 * 4 + 0.5 * 8) / 0.75; (0.125 * 4 + 0.25 * 8 + 0.5 * 0) / 0.875.
    const values = smooth([4, 8, 0], 0.5);
    for (const [index, wanted] of [4, 20 / 3, 20 / 7].entries())
      expect(values[index]).toBeCloseTo(wanted, 12);
  });

  it("leaves a constant as it is, from the first value on", () => {
    for (const value of smooth([3, 3, 3, 3])) expect(value).toBeCloseTo(3, 12);
    expect(smooth([])).toEqual([]);
  });
});
