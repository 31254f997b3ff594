import path from "node:path";
import { describe, expect, it } from "vitest";
import { compareGrpo } from "../../../bench/parity/compare-grpo.ts";
import { PACKAGE_ROOT } from "../../engine/package-root.ts";

const { cases, versions } = compareGrpo(path.join(PACKAGE_ROOT, "bench/parity/trl-grpo.json"));
/** Relative. TRL's advantages are float32, whose rounding is 6e-8; a loss, a sum of either sign, blows it up. */
const TOLERANCE = 1e-6;
const LOSS_TOLERANCE = 1e-4;

describe(`grpoObjective beside TRL ${versions.trl}`, () => {
  it("covers every normalisation with and without the standard deviation", () => {
    expect(cases.map(({ lossType, scaleRewards }) => `${lossType} ${scaleRewards}`)).toEqual([
      "dr_grpo none",
      "dr_grpo group",
      "dapo none",
      "dapo group",
      "bnpo none",
      "bnpo group",
      "grpo none",
      "grpo group",
    ]);
    // Both bounds act, or the comparison would not see the clip.
    for (const { clippedLow, clippedHigh } of cases) {
      expect(clippedLow).toBeGreaterThan(3);
      expect(clippedHigh).toBeGreaterThan(3);
    }
  });

  it.each(cases)("$lossType, scale_rewards=$scaleRewards: advantages, loss, gradient, KL", (one) => {
    expect(one.advantageDifference).toBeLessThan(TOLERANCE);
    expect(one.lossDifference).toBeLessThan(LOSS_TOLERANCE);
    expect(one.gradientDifference).toBeLessThan(TOLERANCE);
    expect(one.klDifference).toBeLessThan(TOLERANCE);
    expect(one.clipDifference).toBeLessThan(TOLERANCE);
  });
});
