import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clippedSurrogate } from "./clipped-surrogate.ts";

const paper = { clipLow: 0.15, clipHigh: 0.22 };

describe("clippedSurrogate", () => {
  it("gives the values worked by hand", () => {
    expect(clippedSurrogate(1.1, 2, paper)).toEqual({ value: 2.2, slope: 2.2, clipped: "no" });
    expect(clippedSurrogate(1.5, 2, paper)).toEqual({ value: 2.44, slope: 0, clipped: "high" });
    expect(clippedSurrogate(1.5, -2, paper)).toEqual({ value: -3, slope: -3, clipped: "no" });
    expect(clippedSurrogate(0.5, -2, paper)).toEqual({ value: -1.7, slope: 0, clipped: "low" });
    expect(clippedSurrogate(0.5, 2, paper)).toEqual({ value: 1, slope: 1, clipped: "no" });
  });

  it("has the slope of its value in the log-probability, off the two kinks", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (logRatio, advantage) => {
          const step = 1e-6;
          const bounds = [Math.log(0.85), Math.log(1.22)];
          fc.pre(bounds.every((bound) => Math.abs(logRatio - bound) > 2 * step));
          const at = (shift: number) => clippedSurrogate(Math.exp(logRatio + shift), advantage, paper).value;
          expect(clippedSurrogate(Math.exp(logRatio), advantage, paper).slope).toBeCloseTo(
            (at(step) - at(-step)) / (2 * step),
            6,
          );
        },
      ),
    );
  });

  it("never promises more than the ratio itself: a lower bound of r A", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (ratio, advantage) => {
          expect(clippedSurrogate(ratio, advantage, paper).value).toBeLessThanOrEqual(ratio * advantage);
        },
      ),
    );
  });
});
