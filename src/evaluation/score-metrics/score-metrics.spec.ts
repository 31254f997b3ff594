import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { brier, calibrationBins, calibrationError } from "./calibration.ts";
import { auroc, averagePrecision, rank } from "./ranking.ts";

const numbers = z.array(z.number());
const golden = z
  .object({
    cases: z.array(
      z.object({
        name: z.string(),
        truth: numbers,
        score: numbers,
        probability: numbers,
        weight: numbers,
        auroc: z.number(),
        auprc: z.number(),
        brier: z.number(),
        calibrationError: z.number(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../golden/score-metrics.json", import.meta.url), "utf8")));

const near = (value: number, wanted: number) => expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-12);

describe("score metrics against scikit-learn", () => {
  it.each(golden.cases)("$name", (wanted) => {
    const truth = Uint8Array.from(wanted.truth);
    const probabilities = Float64Array.from(wanted.probability);
    const ranked = rank(truth, Float64Array.from(wanted.score));
    near(auroc(ranked, wanted.weight), wanted.auroc);
    near(averagePrecision(ranked, wanted.weight), wanted.auprc);
    near(brier(truth, probabilities, wanted.weight), wanted.brier);
    const bins = calibrationBins(probabilities);
    near(calibrationError(truth, probabilities, bins, wanted.weight), wanted.calibrationError);
  });
});

describe("score metrics where they are not defined", () => {
  const ones = [1, 1];
  it.each([
    ["no positive", [0, 0]],
    ["no negative", [1, 1]],
    ["no reading", []],
  ])("AUROC: %s", (_what, truth) => {
    expect(auroc(rank(Uint8Array.from(truth), Float64Array.from(truth)), ones)).toBeNaN();
  });

  it("average precision: no positive", () => {
    expect(averagePrecision(rank(Uint8Array.of(0, 0), Float64Array.of(1, 2)), ones)).toBeNaN();
  });

  it("ranks infinite scores", () => {
    const scores = Float64Array.of(Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 1);
    // Pairs of positive (1, 2) and negative (0, 3): won, lost, tied, lost.
    expect(auroc(rank(Uint8Array.of(0, 1, 1, 0), scores), [1, 1, 1, 1])).toBe(1.5 / 4);
  });
});
