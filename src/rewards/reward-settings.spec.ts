import { describe, expect, it } from "vitest";
import { makeReward, rewardSettings } from "./reward-settings.ts";
import { answer, CONTEXT, exampleCompletion } from "./testing/rewarded-completion.ts";

const completion = exampleCompletion(answer("Edema"), { tokens: 50 });
const total = (settings: unknown, state: unknown = null) =>
  makeReward(rewardSettings.parse(settings))([completion], CONTEXT, state).scores[0]?.total;

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
