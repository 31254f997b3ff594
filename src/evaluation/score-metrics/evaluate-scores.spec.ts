import { describe, expect, it } from "vitest";
import type { Label } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import { evaluateScores } from "./evaluate-scores.ts";
import type { ScoredReading } from "./label-scorer.ts";

const STATED: Label[] = ["Edema", "Fracture", "Pneumonia"];

/** 60 images of 40 patients; every tenth answer failed; Fracture never happens. */
function readings(signal: number): ScoredReading[] {
  const random = randomStream(2, "scores spec");
  return Array.from({ length: 60 }, (_, i) => {
    const truth: Label[] = [
      ...(i % 2 ? (["Edema"] as const) : []),
      ...(i % 6 ? [] : (["Pneumonia"] as const)),
    ];
    const probability = (label: Label) => {
      const score = random.normal() + (truth.includes(label) ? signal : 0);
      return { score, probability: 1 / (1 + Math.exp(-score)) };
    };
    const scores = {
      Edema: probability("Edema"),
      Fracture: probability("Fracture"),
      Pneumonia: probability("Pneumonia"),
    };
    return { id: `${i}`, patient: `p${i % 40}`, truth, scores: i % 10 === 3 ? null : scores };
  });
}
const options = { resamples: 300, seed: 1, full: true };
const labelOf = (result: ReturnType<typeof evaluateScores>, name: Label) => {
  const found = result.perLabel.find(({ label }) => label === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

describe("evaluateScores", () => {
  const result = evaluateScores(readings(1.5), STATED, "left-out", options);

  it("scores each label by pairs, and averages over those that have a score", () => {
    const kept = readings(1.5).filter(({ scores }) => scores !== null);
    for (const label of ["Edema", "Pneumonia"] as const) {
      const [up, down] = [true, false].map((wanted) =>
        kept
          .filter(({ truth }) => truth.includes(label) === wanted)
          .map(({ scores }) => scores?.[label]?.score ?? 0),
      ) as [number[], number[]];
      const won = up.flatMap((a) => down.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
      expect(labelOf(result, label).auroc.value).toBeCloseTo(
        won.reduce<number>((a, b) => a + b, 0) / won.length,
        12,
      );
    }
    const both = ["Edema", "Pneumonia"].map((label) => labelOf(result, label as Label).auroc.value ?? 0);
    expect(result.macro.all.auroc.value).toBeCloseTo(((both[0] ?? 0) + (both[1] ?? 0)) / 2, 12);
    expect(result.macro.frequent.auroc.value).toBe(both[0]);
    // Four patients have failed answers only.
    expect(result).toMatchObject({ n: 54, patients: 36 });
  });

  it("has no AUROC for a label that never happens, but a Brier score", () => {
    const fracture = labelOf(result, "Fracture");
    expect(fracture).toMatchObject({ support: 0, prevalence: 0 });
    expect(fracture.auroc.value).toBeNull();
    expect(fracture.auprc.value).toBeNull();
    expect(fracture.brier.value).toBeGreaterThan(0);
  });

  it("has intervals around its values, wide for few positives", () => {
    const [edema, pneumonia] = [labelOf(result, "Edema").auroc, labelOf(result, "Pneumonia").auroc];
    for (const { value, low, high, bca } of [edema, pneumonia]) {
      expect(low).toBeLessThan(value ?? 0);
      expect(high).toBeGreaterThan(value ?? 1);
      expect(bca?.low).toBeLessThan(value ?? 0);
    }
    expect((pneumonia.high ?? 0) - (pneumonia.low ?? 0)).toBeGreaterThan(
      (edema.high ?? 0) - (edema.low ?? 0),
    );
  });

  it("reads a failed answer as the lowest score of all, if asked to", () => {
    const asEmpty = evaluateScores(readings(1.5), STATED, "as-empty", { ...options, full: false });
    expect(asEmpty.n).toBe(60);
    const edited = readings(1.5).map((reading) => ({
      ...reading,
      scores:
        reading.scores ?? Object.fromEntries(STATED.map((label) => [label, { score: -1e9, probability: 0 }])),
    }));
    expect(asEmpty).toEqual(evaluateScores(edited, STATED, "as-empty", { ...options, full: false }));
  });

  it("takes nothing, and refuses what is no probability", () => {
    expect(evaluateScores([], STATED, "as-empty", options).macro.all.auroc.value).toBeNull();
    const [first] = readings(1);
    const wrong = { ...first, scores: { Edema: { score: 1, probability: 1.2 } } } as ScoredReading;
    expect(() => evaluateScores([wrong], ["Edema"], "as-empty")).toThrow(
      "the scores of 0: Edema has no score",
    );
    expect(() => evaluateScores([wrong], ["Pneumonia"], "as-empty")).toThrow("Pneumonia");
  });
});
