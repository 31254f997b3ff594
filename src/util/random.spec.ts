import { describe, expect, it } from "vitest";
import { randomStream, seed64 } from "./random.ts";

describe("randomStream", () => {
  it("repeats for the same seed and names, and differs for others", () => {
    const draw = (seed: number, ...names: string[]) => {
      const stream = randomStream(seed, ...names);
      return Array.from({ length: 5 }, () => stream.uniform());
    };
    expect(draw(1, "a")).toEqual(draw(1, "a"));
    expect(draw(1, "a")).not.toEqual(draw(1, "b"));
    expect(draw(1, "a")).not.toEqual(draw(2, "a"));
    expect(draw(1, "a", "b")).not.toEqual(draw(1, "ab"));
  });

  it("draws normals of the asked mean and deviation", () => {
    const stream = randomStream(3, "normal");
    const values = Array.from({ length: 20_000 }, () => stream.normal(2, 3));
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(2, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(3, 1);
  });

  it("shuffles without losing or repeating", () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = randomStream(4, "shuffle").shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
  });

  it("gives 64-bit seeds that depend on every name", () => {
    expect(seed64(1, "x", 2)).not.toBe(seed64(1, "x", 3));
    expect(seed64(1, "x", 2)).toBe(seed64(1, "x", 2));
  });
});
