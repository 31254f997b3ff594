import { describe, expect, it } from "vitest";
import type { Label } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import type { ScoredSet } from "./evaluate-label-scores.ts";
import { evaluateScores } from "./evaluate-scores.ts";
import { scoresAcrossSeeds } from "./scores-across-seeds.ts";

const STATED: Label[] = ["Edema", "Pneumonia"];
const options = { matched: ["Edema"] as const, resamples: 400, seed: 3 };

/** 80 images of 60 patients, one in ten without a score; a training whose positives lie higher by `signal`. */
function training(model: string, seed: number, signal: number): ScoredSet {
  const [truths, scores] = [randomStream(1, "truth"), randomStream(seed, "scores", model)];
  const readings = Array.from({ length: 80 }, (_, i) => {
    const truth = STATED.filter(() => truths.chance(0.4));
    const of = (label: Label) => {
      const score = scores.normal(truth.includes(label) ? signal : 0);
      return { score, probability: 1 / (1 + Math.exp(-score)) };
    };
    const own = { Edema: of("Edema"), Pneumonia: of("Pneumonia") };
    return { id: `i${i}`, patient: `p${i % 60}`, truth, scores: i % 10 === 7 ? null : own };
  });
  return { model, data: "d", stated: STATED, of: 80, readings };
}
const grpo = [1.6, 1.2, 0.4].map((signal, seed) => training("grpo", seed, signal));
const sft = [0.5, 0.5, 0.5].map((signal, seed) => training("sft", seed, signal));
const alone = (set: ScoredSet) =>
  evaluateScores(set.readings, STATED, "as-empty", { resamples: 50, matched: options.matched });

describe("scoresAcrossSeeds", () => {
  const result = scoresAcrossSeeds(grpo, null, options);

  it("is the mean of the trainings' own scores, average by average and label by label", () => {
    const single = grpo.map(alone);
    for (const metric of ["auroc", "auprc", "brier", "calibrationError"] as const) {
      const values = single.map(({ macro }) => macro.all[metric].value ?? Number.NaN);
      expect(result.macro.all[metric].ofSeeds).toEqual(values);
      expect(result.macro.all[metric].value).toBeCloseTo(values.reduce((a, b) => a + b) / 3, 12);
      expect(result.macro.matched[metric].ofSeeds).toEqual(result.perLabel[0]?.[metric].ofSeeds);
    }
    expect(result).toMatchObject({ model: "grpo", baseline: null, n: 80, patients: 60, seeds: 3 });
  });

  it("takes differences within each seed", () => {
    const { baseline, macro } = scoresAcrossSeeds(grpo, sft, options);
    const values = grpo.map(
      (set, seed) =>
        (alone(set).macro.all.auroc.value ?? 0) - (alone(sft[seed] ?? set).macro.all.auroc.value ?? 0),
    );
    expect(baseline).toBe("sft");
    macro.all.auroc.ofSeeds.forEach((value, seed) => {
      expect(value).toBeCloseTo(values[seed] ?? Number.NaN, 12);
    });
  });

  it("has an interval that holds the spread of seeds, and with one seed the patients' alone", () => {
    const width = ({ low, high }: { low: number | null; high: number | null }) => (high ?? 0) - (low ?? 0);
    const [first] = grpo;
    if (first === undefined) throw new Error("no training");
    const one = scoresAcrossSeeds([first], null, options).macro.all.auroc;
    const patients = evaluateScores(first.readings, STATED, "as-empty", { resamples: 400, seed: 3 });
    expect([one.low, one.high]).toEqual([patients.macro.all.auroc.low, patients.macro.all.auroc.high]);
    expect(width(result.macro.all.auroc)).toBeGreaterThan(1.5 * width(one));
  });

  it("refuses trainings that scored other images", () => {
    const [first, second] = grpo;
    if (first === undefined || second === undefined) throw new Error("no training");
    const fewer = { ...second, readings: second.readings.slice(1) };
    expect(() => scoresAcrossSeeds([first, fewer], null, options)).toThrow(/read the same images by both/);
  });
});
