import { describe, expect, it } from "vitest";
import { spreadOf } from "./spread.ts";

describe("spreadOf", () => {
  it("takes the middle of an odd number, the mean of the middle two of an even one", () => {
    expect(spreadOf([3, 1, 10])).toEqual({ min: 1, median: 3, max: 10 });
    expect(spreadOf([4, 1, 2, 10])).toEqual({ min: 1, median: 3, max: 10 });
    expect(spreadOf([7])).toEqual({ min: 7, median: 7, max: 7 });
  });

  it("refuses to make something of nothing", () => {
    expect(() => spreadOf([])).toThrow("no values");
  });
});
