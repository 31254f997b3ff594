import { describe, expect, it } from "vitest";
import { directionOf, formatDifference, formatEstimate, formatNumber } from "./format-estimate.ts";

describe("formatEstimate", () => {
  it("gives the value and its interval", () => {
    expect(formatEstimate({ value: 0.5117, low: 0.4651, high: 0.549 })).toBe("0.512 [0.47, 0.55]");
    expect(formatEstimate({ value: 1, low: null, high: null })).toBe("1.000");
    expect(formatEstimate({ value: null, low: null, high: null })).toBe("–");
  });
});

describe("formatDifference", () => {
  it("gives signs, but none to zero", () => {
    expect(formatDifference({ value: 0.034, low: -0.0123, high: 0.081 })).toBe("+0.034 [-0.01, +0.08]");
    expect(formatDifference({ value: -0.0001, low: -0.004, high: 0 })).toBe("0.000 [0.00, 0.00]");
    expect(formatDifference({ value: null, low: null, high: null })).toBe("–");
  });
});

describe("formatNumber", () => {
  it("has no negative zero", () => {
    expect(formatNumber(-0.0004, 3)).toBe("0.000");
    expect(formatNumber(-0.0006, 3)).toBe("-0.001");
  });
});

describe("directionOf", () => {
  it("speaks only where the whole interval lies on one side", () => {
    expect(directionOf({ value: 0.1, low: 0.01, high: 0.2 })).toBe("higher");
    expect(directionOf({ value: -0.1, low: -0.2, high: -0.01 })).toBe("lower");
    expect(directionOf({ value: 0.1, low: 0, high: 0.2 })).toBe("undecided");
    expect(directionOf({ value: null, low: null, high: null })).toBe("undefined");
  });
});
