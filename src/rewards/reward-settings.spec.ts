import { describe, expect, it } from "vitest";
import type { RewardedCompletion } from "./reward.ts";
import { makeReward, rewardSettings } from "./reward-settings.ts";

const completion: RewardedCompletion = {
  id: "r1",
  prompt: 0,
  completion: 0,
  text: "<think>a</think><solution>Edema</solution>",
  tokens: 50,
  finish: "stop",
  truth: ["Edema"],
};
const context = { step: 0, answer: "reasoned" } as const;
const total = (settings: unknown, state: unknown = null) =>
  makeReward(rewardSettings.parse(settings))([completion], context, state).scores[0]?.total;

describe("rewardSettings", () => {
  it("default to the paper's constants", () => {
    expect(rewardSettings.parse({ kind: "hard" })).toEqual({
      kind: "hard",
      minLength: 250,
      lengthPenalty: 0.1,
      unknownLabels: "dropped",
    });
    expect(rewardSettings.parse({ kind: "nuanced" })).toMatchObject({
      exactMatch: 100,
      recallPoints: 30,
      precisionPoints: 20,
      windowSize: 100,
      dominance: 0.7,
      excessRepetition: 30,
      collapse: 50,
      unknownLabel: 100,
      duplicate: 25,
    });
  });

  it("make the reward they name, with their constants", () => {
    expect(total({ kind: "hard" })).toBe(0.9);
    expect(total({ kind: "hard", minLength: 50 })).toBe(1);
    expect(total({ kind: "nuanced" })).toBe(150);
    expect(total({ kind: "nuanced", exactMatch: 7 })).toBe(57);
  });

  it("refuse what they do not know, and a state that is not the reward's", () => {
    expect(rewardSettings.safeParse({ kind: "soft" }).success).toBe(false);
    expect(rewardSettings.safeParse({ kind: "hard", lambda: 1 }).success).toBe(false);
    expect(rewardSettings.safeParse({ kind: "hard", lengthPenalty: -0.1 }).success).toBe(false);
    expect(() => total({ kind: "nuanced" }, [["Effusion"]])).toThrow();
  });
});
