import { describe, expect, it } from "vitest";
import { labelRow } from "../../labels/label.ts";
import { edemaTraces, exampleReview, exampleTraces } from "../../teacher/review/testing/example-reviews.ts";
import { type AgreementOptions, agreement } from "./agreement.ts";

const traces = await edemaTraces(20);
const OPTIONS: AgreementOptions = { weights: "quadratic", resamples: 200, seed: 1 };
const reject = { decision: "reject", reasons: ["not visible"] };
/** Rejects 10 of 20; ana the first ten but two, ben the first ten. */
const ana = traces.map((trace, index) => exampleReview(trace, "ana", 1, index < 8 ? reject : {}));
const ben = traces.map((trace, index) => exampleReview(trace, "ben", 1, index < 10 ? reject : {}));

describe("agreement", () => {
  it("has no kappa from one reader, nor from none, nor from two who read apart", () => {
    expect(agreement(traces, [], OPTIONS)).toMatchObject({ outcome: "no reviews", traces: 20, reviewed: 0 });
    const one = agreement(traces, ana, OPTIONS);
    expect(one).toMatchObject({ outcome: "one reader", readers: [{ reader: "ana", traces: 20 }] });
    expect(one).not.toHaveProperty("pairs");
    const apart = agreement(traces, [...ana.slice(0, 5), ...ben.slice(5)], OPTIONS);
    expect(apart).toMatchObject({ outcome: "no trace read by two", reviewed: 20 });
  });

  it("is worked by hand for decisions", () => {
    const result = agreement(traces, [...ana, ...ben], OPTIONS);
    if (result.outcome !== "agreement") throw new Error(result.outcome);
    const [pair] = result.pairs;
    // 18 of 20 alike; chance: 0.4 * 0.5 + 0.6 * 0.5 = 0.5; (0.9 - 0.5) / (1 - 0.5) = 0.8.
    expect(pair).toMatchObject({ readers: ["ana", "ben"], traces: 20, patients: 20 });
    expect(pair?.decision).toMatchObject({ n: 20, agreed: 18, share: { value: 0.9 } });
    expect(pair?.decision.kappa).toMatchObject({ outcome: "kappa" });
    expect(pair?.decision.bootstrap.value).toBeCloseTo(0.8, 12);
  });

  it("weighs ratings by their distance, over the traces that both rated", () => {
    const rate = (reader: string, ratings: readonly number[]) =>
      ratings.map((factual, index) =>
        exampleReview(traces[index] as (typeof traces)[number], reader, 1, { ratings: { factual } }),
      );
    const reviews = [...rate("ana", [1, 2, 3, 4, 5]), ...rate("ben", [1, 2, 3, 5])];
    const kappaOf = (weights: AgreementOptions["weights"]) => {
      const result = agreement(traces, reviews, { ...OPTIONS, weights });
      if (result.outcome !== "agreement") throw new Error(result.outcome);
      const { factual, safe } = result.pairs[0]?.ratings ?? {};
      expect(factual).toMatchObject({ n: 4, agreed: 3 });
      expect(safe).toMatchObject({ n: 0, kappa: { outcome: "undefined", reason: "no items" } });
      return factual?.bootstrap.value;
    };
    // Observed: 1 step in 4 traces. By chance, over the 16 pairs: 24 steps, 56 squared.
    expect(kappaOf("linear")).toBeCloseTo(1 - 1 / 4 / (24 / 16), 12);
    expect(kappaOf("quadratic")).toBeCloseTo(1 - 1 / 4 / (56 / 16), 12);
  });

  it("takes every two of three readers, by their last word", () => {
    const cy = traces.slice(0, 3).map((trace) => exampleReview(trace, "cy", 1));
    const later = exampleReview(traces[0] as (typeof traces)[number], "cy", 2, reject);
    const result = agreement(traces, [...ana, ...ben, later, ...cy], OPTIONS);
    if (result.outcome !== "agreement") throw new Error(result.outcome);
    expect(result.pairs.map(({ readers, traces: n }) => [...readers, n])).toEqual([
      ["ana", "ben", 20],
      ["ana", "cy", 3],
      ["ben", "cy", 3],
    ]);
    expect(result.pairs[1]?.decision.agreed).toBe(1);
  });

  it("leaves reviews of other traces out and counts them", async () => {
    const [other] = await exampleTraces([labelRow({ Fracture: 1 })]);
    if (other === undefined) throw new Error("no trace");
    const result = agreement(traces, [...ana, exampleReview(other, "ben", 1)], OPTIONS);
    expect(result).toMatchObject({ outcome: "one reader", ofOtherTraces: 1 });
  });
});
