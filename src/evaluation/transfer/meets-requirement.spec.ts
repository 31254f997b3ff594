import { describe, expect, it } from "vitest";
import { meetsRequirement } from "./meets-requirement.ts";
import type { TransferContrast } from "./transfer.ts";
import type { Verdict } from "./verdict.ts";

describe("meetsRequirement", () => {
  const contrasts = (...verdicts: readonly [from: string, to: string, verdict: Verdict][]) => ({
    contrasts: verdicts.map(([from, to, verdict]) => ({ from, to, verdict }) as TransferContrast),
  });

  it("asks the last step alone, at every away hospital", () => {
    const mixed = contrasts(
      ["base", "sft", "regresses"],
      ["sft", "grpo", "transfers"],
      ["base", "sft", "transfers"],
      ["sft", "grpo", "transfers"],
    );
    expect(meetsRequirement(mixed, "transfers")).toBe(true);
    const half = contrasts(["sft", "grpo", "benchmark-only"], ["sft", "grpo", "transfers"]);
    expect(meetsRequirement(half, "transfers")).toBe(false);
    expect(meetsRequirement(half, "benchmark-only")).toBe(false);
    expect(meetsRequirement(contrasts(), "transfers")).toBe(false);
  });
});
