import { describe, expect, it } from "vitest";
import type { Label } from "../labels/label.ts";
import { hardReward } from "./hard-reward.ts";
import { permutedRewards } from "./permuted-rewards.ts";
import { answer, CONTEXT, exampleCompletion } from "./testing/rewarded-completion.ts";

const ANSWERS: readonly Label[] = ["Edema", "Fracture", "Pneumonia", "Edema"];
/** 50 images of the same four answers; only Edema is true, so that they earn 1, 0, 0, 1. */
const rollout = Array.from({ length: 50 }, (_, prompt) =>
  ANSWERS.map((label, completion) =>
    exampleCompletion(answer(label), { id: `r${prompt}`, prompt, completion, truth: ["Edema"] }),
  ),
).flat();
const totals = (seed: number, step = 0) =>
  permutedRewards(hardReward({ minLength: 0 }), seed)(rollout, { ...CONTEXT, step }, null).scores.map(
    ({ total }) => total,
  );
const groupsOf = (values: readonly number[]) =>
  Array.from({ length: 50 }, (_, prompt) => values.slice(prompt * 4, prompt * 4 + 4));

describe("permutedRewards", () => {
  it("deals each image's own scores out anew, each once", () => {
    for (const group of groupsOf(totals(1))) expect(group.toSorted()).toEqual([0, 0, 1, 1]);
  });

  it("cuts the tie to the answer: right and wrong answers earn the same on average", () => {
    const right = groupsOf(totals(1)).reduce((sum, [first, , , last]) => sum + (first ?? 0) + (last ?? 0), 0);
    // 100 right answers at an even chance: 50, with a standard deviation of 4.1 (each group of 4 holds two ones).
    expect(right).toBeGreaterThan(33);
    expect(right).toBeLessThan(67);
  });

  it("repeats by seed and step, and differs between them", () => {
    expect(totals(1)).toEqual(totals(1));
    expect(totals(1)).not.toEqual(totals(2));
    expect(totals(1)).not.toEqual(totals(1, 4));
  });

  it("leaves the reward's state as the reward returned it", () => {
    const counting = permutedRewards<number>(
      (completions, _context, state) => ({
        scores: completions.map(() => ({ total: 0, components: {} })),
        state: (state ?? 0) + 1,
      }),
      1,
    );
    expect(counting(rollout, CONTEXT, 4).state).toBe(5);
  });
});
