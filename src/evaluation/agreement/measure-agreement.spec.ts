import { describe, expect, it } from "vitest";
import { randomStream } from "../../util/random.ts";
import { type MeasureOptions, measureAgreement, type ReadTwice } from "./measure-agreement.ts";

const OPTIONS: MeasureOptions = { categories: 3, weights: "none", resamples: 2000, seed: 1, name: "spec" };
const item = (index: number, first: number, second: number): ReadTwice => ({
  patient: `p${index}`,
  first,
  second,
});
/** Readers who agree on about 7 of 10. */
const items = (n: number, stream = randomStream(4, "readers")) =>
  Array.from({ length: n }, (_, index) => {
    const first = stream.integer(3);
    return item(index, first, stream.chance(0.6) ? first : stream.integer(3));
  });

describe("measureAgreement", () => {
  it("counts, and has two intervals that lie close together where there are many items", () => {
    const { n, agreed, share, kappa, bootstrap, undefinedDraws } = measureAgreement(items(400), OPTIONS);
    expect([n, share.value, undefinedDraws]).toEqual([400, agreed / 400, 0]);
    if (kappa.outcome === "undefined") throw new Error("undefined");
    expect(bootstrap.value).toBe(kappa.value);
    expect(Math.abs((bootstrap.low ?? 0) - kappa.low)).toBeLessThan(0.01);
    expect(Math.abs((bootstrap.high ?? 0) - kappa.high)).toBeLessThan(0.01);
  });

  it("takes patients, not pictures, as its units", () => {
    const once = items(100);
    const fourTimes = once.flatMap((one) => [one, one, one, one]);
    const a = measureAgreement(once, OPTIONS);
    const b = measureAgreement(fourTimes, OPTIONS);
    expect(b.bootstrap.low).toBeCloseTo(a.bootstrap.low ?? Number.NaN, 10);
    expect(b.bootstrap.high).toBeCloseTo(a.bootstrap.high ?? Number.NaN, 10);
    // The asymptotic interval knows no patients: it is half as wide.
    if (a.kappa.outcome === "undefined" || b.kappa.outcome === "undefined") throw new Error("undefined");
    expect(b.kappa.standardError).toBeCloseTo(a.kappa.standardError / 2, 10);
  });

  it("counts the draws in which all agree on one word", () => {
    const few = [item(0, 0, 0), item(1, 0, 0), item(2, 1, 1)];
    const { kappa, undefinedDraws } = measureAgreement(few, OPTIONS);
    expect(kappa).toMatchObject({ outcome: "kappa", value: 1 });
    // (2/3)^3 + (1/3)^3 = 1/3 of the draws; 2000 draws have a standard error of 1 point.
    expect(undefinedDraws / OPTIONS.resamples).toBeGreaterThan(0.29);
    expect(undefinedDraws / OPTIONS.resamples).toBeLessThan(0.38);
  });

  it("draws nothing where kappa is not defined", () => {
    const same = [item(0, 2, 2), item(1, 2, 2)];
    expect(measureAgreement(same, OPTIONS)).toMatchObject({
      n: 2,
      agreed: 2,
      kappa: { outcome: "undefined", reason: "one category" },
      bootstrap: { value: null, low: null, high: null },
      undefinedDraws: 0,
    });
    expect(measureAgreement([], OPTIONS).kappa).toEqual({ outcome: "undefined", reason: "no items" });
  });

  it("refuses a category that there is not", () => {
    expect(() => measureAgreement([item(0, 3, 0)], OPTIONS)).toThrow("no category 3 or 0");
  });
});
