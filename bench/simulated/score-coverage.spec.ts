import { expect, it } from "vitest";
import { normalCdf } from "../../src/evaluation/distributions/normal.ts";
import { trueScores } from "./score-coverage.ts";

it("has true scores that agree with what is known of them in closed form", () => {
  const { auroc, auprc, brier, calibrationError } = trueScores(0.2);
  // P(positive above negative) of two normals 1.2 apart.
  expect(auroc).toBeCloseTo(normalCdf(1.2 / Math.SQRT2), 6);
  // A negative's probability is uniform: its squared error is 1/3 on average; a positive's is less.
  const positive = (brier - 0.8 / 3) / 0.2;
  expect(positive).toBeGreaterThan(0);
  expect(positive).toBeLessThan(1 / 3);
  // Probabilities that a fifth of readings deserve, given to all: too high by about the mean difference in every bin.
  const mean = 0.8 * 0.5 + 0.2 * normalCdf(1.2 / Math.SQRT2);
  expect(calibrationError).toBeCloseTo(mean - 0.2, 3);
  expect(auprc).toBeGreaterThan(0.2);
  expect(auprc).toBeLessThan(auroc);
});
