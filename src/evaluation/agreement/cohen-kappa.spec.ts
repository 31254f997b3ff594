import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cohenKappa, KAPPA_WEIGHTS, type KappaWeights } from "./cohen-kappa.ts";
import { wilsonInterval } from "./wilson-interval.ts";

interface Scored {
  readonly kappa: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
}
type Case = Readonly<Record<KappaWeights, Scored>> & {
  readonly name: string;
  readonly table: number[][];
  readonly share: { readonly value: number; readonly low: number; readonly high: number };
};
const golden = JSON.parse(readFileSync(new URL("./golden/kappa.json", import.meta.url), "utf8")) as {
  reference: string;
  cases: Case[];
};

/** Absolute; the references differ from each other by as much. */
const TOLERANCE = 1e-12;
const near = (actual: number | null, expected: number) =>
  expect(Math.abs((actual ?? Number.NaN) - expected)).toBeLessThan(TOLERANCE);

describe(`kappa as ${golden.reference} have it`, () => {
  it.each(golden.cases)("$name", (one) => {
    for (const weights of KAPPA_WEIGHTS) {
      const kappa = cohenKappa(one.table, weights);
      if (kappa.outcome === "undefined") throw new Error(`${weights}: undefined`);
      near(kappa.value, one[weights].kappa);
      near(kappa.standardError, one[weights].standardError);
      near(kappa.low, one[weights].low);
      near(kappa.high, one[weights].high);
    }
    const n = one.table.flat().reduce((sum, count) => sum + count, 0);
    const agreed = one.table.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
    const share = wilsonInterval(agreed, n);
    near(share.value, one.share.value);
    near(share.low, one.share.low);
    near(share.high, one.share.high);
  });
});

describe("cohenKappa", () => {
  it("is worked by hand: 20 items, 15 agreed, chance 0.5", () => {
    // Rows 10, 10 and columns 9, 11: expected (10 * 9 + 10 * 11) / 400 = 0.5; (0.75 - 0.5) / (1 - 0.5) = 0.5.
    const kappa = cohenKappa(
      [
        [7, 3],
        [2, 8],
      ],
      "none",
    );
    expect(kappa).toMatchObject({ outcome: "kappa", value: 0.5 });
  });

  it("is not defined where one category is all that either used, or where there is nothing", () => {
    const one = { outcome: "undefined", reason: "one category" };
    for (const weights of KAPPA_WEIGHTS) {
      expect(
        cohenKappa(
          [
            [0, 0],
            [0, 9],
          ],
          weights,
        ),
      ).toEqual(one);
      expect(
        cohenKappa(
          [
            [0, 0],
            [0, 0],
          ],
          weights,
        ),
      ).toEqual({ ...one, reason: "no items" });
    }
  });

  it("does not change when the readers change places", () => {
    for (const { table } of golden.cases) {
      const turned = table.map((_, i) => table.map((row) => row[i] ?? 0));
      for (const weights of KAPPA_WEIGHTS) {
        const [a, b] = [cohenKappa(table, weights), cohenKappa(turned, weights)];
        if (a.outcome === "undefined" || b.outcome === "undefined") throw new Error("undefined");
        near(a.value, b.value);
        near(a.standardError, b.standardError);
      }
    }
  });
});

describe("wilsonInterval", () => {
  it("has none of none", () => {
    expect(wilsonInterval(0, 0)).toEqual({ value: null, low: null, high: null });
  });
});
