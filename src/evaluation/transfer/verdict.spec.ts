import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bounds, isContradicted, isDirectional, VERDICTS, verdictOf } from "./verdict.ts";

const DELTA = 0.02;
const of = (low: number, high: number): Bounds => ({ low, high });

/** Intervals about the thresholds, ties with them included. */
const bounds = fc
  .tuple(fc.integer({ min: -6, max: 6 }), fc.integer({ min: 0, max: 8 }))
  .map(([low, width]) => of(low / 100, (low + width) / 100));
const anyBounds = fc.oneof(
  bounds,
  fc
    .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([low, width]) => of(low, low + width)),
);

describe("verdictOf", () => {
  it.each([
    // The paper's claim: up on the benchmark, down elsewhere.
    [of(0.01, 0.05), of(-0.05, -0.01), "benchmark-only"],
    // Down away for certain, though by less than delta: still benchmark-only, because it is asked first.
    [of(0.01, 0.05), of(-0.015, -0.001), "benchmark-only"],
    [of(0.01, 0.05), of(-0.019, 0.03), "transfers"],
    [of(0.01, 0.05), of(0.01, 0.03), "transfers"],
    // A gain smaller than delta is a gain: asked before unchanged.
    [of(0.001, 0.01), of(-0.01, 0.01), "transfers"],
    [of(0.01, 0.05), of(-0.02, 0.03), "inconclusive"],
    [of(-0.05, -0.01), of(0.001, 0.03), "trades"],
    [of(-0.05, -0.01), of(-0.01, 0.03), "regresses"],
    [of(-0.01, 0.01), of(-0.05, -0.01), "regresses"],
    [of(-0.05, -0.01), of(-0.05, -0.01), "regresses"],
    [of(-0.015, -0.001), of(-0.01, 0.01), "regresses"],
    [of(-0.019, 0.019), of(-0.019, 0.019), "unchanged"],
    // Up away alone is no verdict of its own: within delta it is unchanged, beyond it nothing is claimed.
    [of(-0.01, 0.01), of(0.001, 0.019), "unchanged"],
    [of(-0.01, 0.01), of(0.03, 0.05), "inconclusive"],
    [of(0, 0.05), of(-0.05, 0), "inconclusive"],
    [of(-0.02, 0.01), of(-0.01, 0.01), "inconclusive"],
  ] as const)("home %o, away %o: %s", (home, away, verdict) => {
    expect(verdictOf(home, away, DELTA)).toBe(verdict);
  });

  it("is one of the six for any two intervals, the first rule that holds", () => {
    const delta = fc.constantFrom(0.01, 0.02, 0.05);
    fc.assert(
      fc.property(anyBounds, anyBounds, delta, (home, away, d) => {
        const inside = (b: Bounds): boolean => b.low > -d && b.high < d;
        // The rules as the doc comment writes them, each on its own.
        const holds = [
          home.low > 0 && away.high < 0,
          home.low > 0 && away.low > -d,
          home.high < 0 && away.low > 0,
          (home.high < 0 || away.high < 0) && !(home.low > 0) && !(away.low > 0),
          inside(home) && inside(away),
          true,
        ];
        expect(verdictOf(home, away, d)).toBe(VERDICTS[holds.indexOf(true)]);
      }),
    );
  });

  it("never contradicts itself: with truth inside both intervals, no verdict is false", () => {
    const inside = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyBounds, anyBounds, inside, inside, (home, away, h, a) => {
        const truth = {
          home: home.low + h * (home.high - home.low),
          away: away.low + a * (away.high - away.low),
        };
        expect(isContradicted(verdictOf(home, away, DELTA), truth, DELTA)).toBe(false);
      }),
    );
  });

  it("once directional, stays so as the intervals shrink", () => {
    const part = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(anyBounds, anyBounds, part, part, (home, away, cutLow, cutHigh) => {
        const shrink = ({ low, high }: Bounds): Bounds =>
          of(low + cutLow * (high - low), high - cutHigh * (high - low));
        if (!isDirectional(verdictOf(home, away, DELTA))) return;
        expect(isDirectional(verdictOf(shrink(home), shrink(away), DELTA))).toBe(true);
      }),
    );
  });
});

describe("isContradicted", () => {
  it("names what the population says otherwise", () => {
    const nothing = { home: 0, away: 0 };
    expect(VERDICTS.filter((verdict) => isContradicted(verdict, nothing, DELTA))).toEqual([
      "benchmark-only",
      "transfers",
      "trades",
      "regresses",
    ]);
    const gain = { home: 0.05, away: 0 };
    expect(VERDICTS.filter((verdict) => isContradicted(verdict, gain, DELTA))).toEqual([
      "benchmark-only",
      "trades",
      "regresses",
      "unchanged",
    ]);
    const loss = { home: 0.05, away: -DELTA };
    expect(VERDICTS.filter((verdict) => isContradicted(verdict, loss, DELTA))).toEqual([
      "transfers",
      "trades",
      "unchanged",
    ]);
  });
});
