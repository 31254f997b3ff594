import { describe, expect, it } from "vitest";
import { referenceKl } from "./reference-kl.ts";

describe("referenceKl", () => {
  it("gives the values worked by hand", () => {
    // d = 0.2: e^0.2 - 0.2 - 1, and 1 - e^0.2.
    expect(referenceKl(-1, -0.8).value).toBeCloseTo(0.02140275816016985, 15);
    expect(referenceKl(-1, -0.8).slope).toBeCloseTo(-0.2214027581601699, 15);
    expect(referenceKl(-1, -1)).toEqual({ value: 0, slope: 0 });
  });

  it("has in expectation over the policy's own tokens the value of the KL, term by term", () => {
    const policy = [0.5, 0.3, 0.2];
    const reference = [0.2, 0.2, 0.6];
    const exact = policy.reduce((sum, p, i) => sum + p * Math.log(p / (reference[i] ?? 0)), 0);
    const estimate = policy.reduce(
      (sum, p, i) => sum + p * referenceKl(Math.log(p), Math.log(reference[i] ?? 0)).value,
      0,
    );
    expect(estimate).toBeCloseTo(exact, 12);
  });

  it("has the slope of its value", () => {
    const step = 1e-6;
    for (const logprob of [-3, -1, -0.2])
      expect(referenceKl(logprob, -0.9).slope).toBeCloseTo(
        (referenceKl(logprob + step, -0.9).value - referenceKl(logprob - step, -0.9).value) / (2 * step),
        8,
      );
  });
});
