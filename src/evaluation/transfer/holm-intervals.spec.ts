import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holmIntervals } from "./holm-intervals.ts";

/** A family given by p-values: decided at a level where p <= 1 - level. */
function family(pValues: readonly number[], alpha: number) {
  return holmIntervals(
    pValues.length,
    alpha,
    // Compared with a hair's tolerance, since 1 - (1 - x) is not x.
    (index, level) => (pValues[index] ?? 1) <= 1 - level + 1e-12,
    (value) => value,
  );
}

/** Holm as written: sort, compare the k-th smallest with alpha / (m - k + 1), stop at the first failure. */
function textbook(pValues: readonly number[], alpha: number): boolean[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const rejected = pValues.map(() => false);
  for (const [k, { p, index }] of order.entries()) {
    if (p > alpha / (pValues.length - k) + 1e-12) break;
    rejected[index] = true;
  }
  return rejected;
}

const pValues = fc.array(
  fc.oneof(fc.double({ min: 0, max: 0.1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
  { minLength: 1, maxLength: 8 },
);

describe("holmIntervals", () => {
  it("is the hand-worked example", () => {
    // m = 4, alpha 0.05: 0.01 <= 0.05/4; then 0.015 <= 0.05/3; then 0.03 > 0.05/2, and all stops.
    const readings = family([0.03, 0.01, 0.04, 0.015], 0.05);
    expect(readings.map(({ value }) => value)).toEqual([false, true, false, true]);
    const levels = readings.map(({ level }) => Number(level.toFixed(6)));
    expect(levels).toEqual([0.975, 0.9875, 0.975, 0.983333]);
  });

  it("reads one verdict at the plain level", () => {
    expect(family([0.04], 0.05)).toEqual([{ value: true, level: 0.95 }]);
    expect(holmIntervals(0, 0.05, () => 0, Boolean)).toEqual([]);
  });

  it("decides what the textbook procedure rejects", () => {
    fc.assert(
      fc.property(pValues, (values) => {
        expect(family(values, 0.05).map(({ value }) => value)).toEqual(textbook(values, 0.05));
      }),
    );
  });

  it("is monotone: a smaller p of one member never undoes another's decision", () => {
    fc.assert(
      fc.property(pValues, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (values, at, factor) => {
        const index = at % values.length;
        const lower = values.map((p, i) => (i === index ? p * factor : p));
        const [before, after] = [family(values, 0.05), family(lower, 0.05)];
        for (const [i, { value }] of before.entries()) if (value) expect(after[i]?.value).toBe(true);
      }),
    );
  });

  it("never decides more when the family grows", () => {
    fc.assert(
      fc.property(pValues, fc.double({ min: 0, max: 1, noNaN: true }), (values, extra) => {
        const [before, after] = [family(values, 0.05), family([...values, extra], 0.05)];
        for (const [i, { value }] of before.entries()) if (!value) expect(after[i]?.value).toBe(false);
      }),
    );
  });
});
