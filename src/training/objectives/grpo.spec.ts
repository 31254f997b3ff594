import { describe, expect, it } from "vitest";
import { randomStream } from "../../util/random.ts";
import { type GrpoCompletion, type GrpoSettings, grpoObjective } from "./grpo.ts";
import type { GrpoNormalisation } from "./token-weight.ts";

const paper: GrpoSettings = { clipLow: 0.15, clipHigh: 0.22, beta: 0.15 };

function randomCompletions(seed: number): GrpoCompletion[] {
  const random = randomStream(seed, "grpo");
  return Array.from({ length: 6 }, (_, i) => {
    const logprobs = Array.from({ length: 3 + i }, () => -3 * random.uniform() - 0.05);
    return {
      logprobs,
      oldLogprobs: logprobs.map((l) => l + random.normal(0, 0.3)),
      referenceLogprobs: logprobs.map((l) => l + random.normal(0, 0.5)),
      advantage: random.normal(0, 1),
    };
  });
}

const normalisations: GrpoNormalisation[] = [
  { kind: "constant", maxTokens: 16, completions: 6 },
  { kind: "batch-tokens", tokens: 33 },
  { kind: "sequence-mean", completions: 6 },
];

describe("grpoObjective", () => {
  it.each(normalisations)("has the gradient of its loss ($kind), by central differences", (normalisation) => {
    const step = 1e-6;
    for (const seed of [1, 2, 3]) {
      const completions = randomCompletions(seed);
      const { gradient } = grpoObjective(completions, paper, normalisation);
      completions.forEach((completion, i) => {
        completion.logprobs.forEach((_, j) => {
          const lossAt = (shift: number) =>
            grpoObjective(
              completions.map((other, k) =>
                k === i
                  ? { ...other, logprobs: other.logprobs.map((l, m) => (m === j ? l + shift : l)) }
                  : other,
              ),
              paper,
              normalisation,
            ).loss;
          const difference = (lossAt(step) - lossAt(-step)) / (2 * step);
          expect(gradient[i]?.[j]).toBeCloseTo(difference, 7);
        });
      });
    }
  });

  it("gives the values worked by hand", () => {
    // ratio e^0.1 = 1.105171, inside the clip; d = 0.2, k3 = e^0.2 - 1.2 = 0.0214028.
    const { loss, gradient, sums } = grpoObjective(
      [{ logprobs: [-1], oldLogprobs: [-1.1], referenceLogprobs: [-0.8], advantage: 2 }],
      paper,
      { kind: "constant", maxTokens: 10, completions: 1 },
    );
    expect(loss).toBeCloseTo(-(2 * 1.1051709180756477 - 0.15 * 0.02140275816016985) / 10, 12);
    expect(gradient[0]?.[0]).toBeCloseTo(-(2.2103418361512954 - 0.15 * (1 - 1.2214027581601699)) / 10, 12);
    expect(sums).toMatchObject({ clippedLow: 0, clippedHigh: 0 });
  });

  it("clips on the side that would overshoot only, at different bounds", () => {
    const clippedAt = (ratio: number, advantage: number) => {
      const { sums, ratioMin, ratioMax } = grpoObjective(
        [
          {
            logprobs: [Math.log(ratio) - 1],
            oldLogprobs: [-1],
            referenceLogprobs: [Math.log(ratio) - 1],
            advantage,
          },
        ],
        paper,
        { kind: "constant", maxTokens: 1, completions: 1 },
      );
      expect([ratioMin, ratioMax]).toEqual([ratioMax, ratioMin]);
      expect(ratioMin).toBeCloseTo(ratio, 12);
      return [sums.clippedLow, sums.clippedHigh];
    };
    expect(clippedAt(1.21, 1)).toEqual([0, 0]);
    expect(clippedAt(1.23, 1)).toEqual([0, 1]);
    expect(clippedAt(0.5, 1)).toEqual([0, 0]); // a good token that became rarer may be raised
    expect(clippedAt(0.86, -1)).toEqual([0, 0]);
    expect(clippedAt(0.84, -1)).toEqual([1, 0]);
    expect(clippedAt(2, -1)).toEqual([0, 0]);
  });

  it("adds up over micro-batches", () => {
    const completions = randomCompletions(9);
    const normalisation = { kind: "constant", maxTokens: 16, completions: 6 } as const;
    const whole = grpoObjective(completions, paper, normalisation);
    const parts = [completions.slice(0, 2), completions.slice(2)].map((c) =>
      grpoObjective(c, paper, normalisation),
    );
    expect(parts.reduce((sum, part) => sum + part.loss, 0)).toBeCloseTo(whole.loss, 14);
    expect(parts.flatMap((part) => part.gradient)).toEqual(whole.gradient);
  });
});
