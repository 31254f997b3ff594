import { describe, expect, it } from "vitest";
import { scheduleFactor } from "./schedule.ts";

describe("scheduleFactor", () => {
  it("equals transformers' cosine schedule with warm-up", () => {
    // get_cosine_schedule_with_warmup(optimizer, 5, 100) at steps 0, 1, 4, 5, 50, 99 (transformers 5.18)
    const reference = [0, 0.2, 0.8, 1, 0.5412896727361662, 0.0002733713295369755];
    const ours = [0, 1, 4, 5, 50, 99].map((step) =>
      scheduleFactor({ kind: "cosine", warmup: 0.05 }, step, 100),
    );
    ours.forEach((factor, i) => {
      expect(factor).toBeCloseTo(reference[i] ?? Number.NaN, 12);
    });
  });

  it("stays at its peak after the warm-up when constant", () => {
    expect(scheduleFactor({ kind: "constant", warmup: 0.1 }, 3, 20)).toBe(1);
    expect(scheduleFactor({ kind: "constant", warmup: 0.1 }, 1, 20)).toBe(0.5);
    expect(scheduleFactor({ kind: "constant", warmup: 0 }, 0, 20)).toBe(1);
  });
});
