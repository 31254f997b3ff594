import { describe, expect, it } from "vitest";
import type { Label } from "../../labels/label.ts";
import { evaluateLabelScores, type ScoredSet } from "./evaluate-label-scores.ts";

const reading = (id: string, truth: readonly Label[], edema: number | null) => ({
  id,
  patient: id,
  truth,
  scores:
    edema === null
      ? null
      : { Edema: { score: edema, probability: edema }, Fracture: { score: 0, probability: 0.5 } },
});
const set = (...readings: ScoredSet["readings"]): ScoredSet => ({
  model: "sft",
  data: "there",
  stated: ["Edema", "Fracture"],
  of: 9,
  readings,
});
const options = { matched: ["Edema"] as const, resamples: 200, seed: 1 };

describe("evaluateLabelScores", () => {
  const read = [reading("a", ["Edema"], 0.75), reading("b", [], 0.25), reading("c", ["Fracture"], 0.5)];

  it("holds hand-worked averages over all labels and over the matched", () => {
    const { n, of, scores } = evaluateLabelScores(set(...read), options);
    expect([n, of]).toEqual([3, 9]);
    const { all, matched } = scores["as-empty"].macro;
    // Edema: one positive above two negatives. Fracture: one score for all.
    expect(matched.auroc.value).toBe(1);
    expect(all.auroc.value).toBe(0.75);
    expect(matched.brier.value).toBeCloseTo((0.0625 + 0.0625 + 0.25) / 3, 12);
    expect(all.brier.value).toBeCloseTo(((0.0625 + 0.0625 + 0.25) / 3 + 0.25) / 2, 12);
  });

  it("reads a failed answer in both ways, and where none failed they are one", () => {
    const none = evaluateLabelScores(set(...read), options).scores;
    expect({ ...none["left-out"], failed: "as-empty" }).toEqual(none["as-empty"]);
    const failed = evaluateLabelScores(set(...read, reading("d", ["Edema"], null)), options).scores;
    expect(failed["as-empty"]).toMatchObject({ n: 4, failed: "as-empty" });
    // The failed positive lies below both negatives.
    expect(failed["as-empty"].macro.matched.auroc.value).toBe(0.5);
    expect(failed["left-out"]).toEqual(none["left-out"]);
  });
});
