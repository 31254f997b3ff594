import { describe, expect, it } from "vitest";
import { sftObjective } from "./sft.ts";

const logprobs = [[-1, -2, -3], [-0.5]];
const batch = { tokens: 4, sequences: 2 };

describe("sftObjective", () => {
  it("averages over the batch's tokens", () => {
    const { loss, gradient } = sftObjective(logprobs, batch, "token-mean");
    expect(loss).toBeCloseTo(6.5 / 4, 14);
    expect(gradient).toEqual([[-0.25, -0.25, -0.25], [-0.25]]);
  });

  it("averages over sequences", () => {
    const { loss } = sftObjective(logprobs, batch, "sequence-mean");
    expect(loss).toBeCloseTo((2 + 0.5) / 2, 14);
  });

  it.each(["token-mean", "sequence-mean"] as const)("has the gradient of its loss (%s)", (normalisation) => {
    const { gradient } = sftObjective(logprobs, batch, normalisation);
    const step = 1e-6;
    logprobs.forEach((completion, i) => {
      completion.forEach((_, j) => {
        const at = (shift: number) =>
          sftObjective(
            logprobs.map((c, k) => (k === i ? c.map((l, m) => (m === j ? l + shift : l)) : c)),
            batch,
            normalisation,
          ).loss;
        expect(gradient[i]?.[j]).toBeCloseTo((at(step) - at(-step)) / (2 * step), 8);
      });
    });
  });
});
