import { describe, expect, it } from "vitest";
import { LABELS, type Label } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { type HardRewardSettings, hardReward } from "./hard-reward.ts";
import { jaccard } from "./jaccard.ts";
import type { RewardedCompletion } from "./reward.ts";
import { answer, CONTEXT, exampleCompletion } from "./testing/rewarded-completion.ts";

const TRUTH: Label[] = ["Cardiomegaly", "Edema", "Pleural Effusion"];
const completion = (text: string, change: Partial<RewardedCompletion> = {}) =>
  exampleCompletion(text, { truth: TRUTH, ...change });
const paid = (
  text: string,
  change: Partial<RewardedCompletion> = {},
  settings: Partial<HardRewardSettings> = {},
) => {
  const { scores, state } = hardReward(settings)([completion(text, change)], CONTEXT, null);
  expect(state).toBeNull();
  return scores[0];
};

describe("jaccard", () => {
  it("has the worked values", () => {
    expect(jaccard(["a", "b", "c"], ["b", "c", "d"])).toBe(2 / 4);
    expect(jaccard(["a"], ["a"])).toBe(1);
    expect(jaccard(["a"], ["b"])).toBe(0);
    expect(jaccard(["a"], [])).toBe(0);
    expect(jaccard(["a", "a", "b"], ["a", "a"])).toBe(1 / 2);
    expect(() => jaccard([], [])).toThrow("both sets are empty");
  });

  it("equals TP / (TP + FP + FN) over 14 binary columns", () => {
    const stream = randomStream(1, "jaccard");
    for (let n = 0; n < 500; n++) {
      const a = LABELS.filter(() => stream.chance(0.4));
      const b = LABELS.filter(() => stream.chance(0.4));
      const [tp, either] = [
        (l: Label) => a.includes(l) && b.includes(l),
        (l: Label) => a.includes(l) || b.includes(l),
      ];
      const union = LABELS.filter(either).length;
      if (union > 0) expect(jaccard(a, b)).toBe(LABELS.filter(tp).length / union);
    }
  });
});

describe("hardReward, equation 3", () => {
  it.each([
    ["Cardiomegaly, Edema, Pleural Effusion", 1],
    ["Edema, Cardiomegaly", 2 / 3],
    ["Edema, Fracture", 1 / 4],
    ["Fracture", 0],
    [LABELS.join(", "), 3 / 14],
    ["Edema, Edema, Edema", 1 / 3],
  ])("pays the Jaccard index for %s", (labels, value) => {
    expect(paid(answer(labels))).toEqual({ total: value, components: { jaccard: value, length: 0 } });
  });

  it("takes lambda_len off below the threshold and not at it", () => {
    expect(paid(answer("Edema"), { tokens: 250 })?.total).toBe(1 / 3);
    expect(paid(answer("Edema"), { tokens: 249 })).toEqual({
      total: 1 / 3 - 0.1,
      components: { jaccard: 1 / 3, length: -0.1 },
    });
    expect(paid(answer("Fracture"), { tokens: 1 })?.total).toBe(-0.1);
    expect(paid(answer("Edema"), { tokens: 39 }, { minLength: 40, lengthPenalty: 0.25 })?.total).toBe(
      1 / 3 - 0.25,
    );
    expect(paid(answer("Edema"), { tokens: 40 }, { minLength: 40, lengthPenalty: 0.25 })?.total).toBe(1 / 3);
  });

  it.each([
    ["no blocks", "Cardiomegaly, Edema, Pleural Effusion"],
    ["no reasoning", "<solution>Cardiomegaly, Edema, Pleural Effusion</solution>"],
    ["two solutions", answer("Edema") + answer("Edema")],
    ["text outside", `${answer("Edema")} Done.`],
    ["an empty solution", answer("")],
    ["no known label", answer("no pneumothorax")],
    ["the other dialect", '{"analysis": "hazy", "conclusion": "Edema"}'],
  ])("pays 0, and no penalty, for %s", (_name, text) => {
    for (const tokens of [1, 300]) {
      expect(paid(text, { tokens })).toEqual({ total: 0, components: { jaccard: 0, length: 0 } });
    }
  });

  it("pays 0 for an answer that the limit cut, full value for one that was whole by then", () => {
    expect(paid("<think>Hazy.</think><solution>Edema", { finish: "length" })?.total).toBe(0);
    expect(paid(answer("Edema"), { finish: "length" })?.total).toBe(1 / 3);
  });

  it("drops unknown labels, or counts them as false positives, as it is told", () => {
    const text = answer("Edema, Effusion, Cardiac failure");
    expect(paid(text)?.total).toBe(1 / 3);
    expect(paid(text, {}, { unknownLabels: "counted" })?.total).toBe(1 / 5);
  });

  it("pays every completion by its own truth, in order", () => {
    const rollout = [
      completion(answer("Edema"), { truth: ["Edema"] }),
      completion("", { completion: 1 }),
      completion(answer("Edema"), { prompt: 1, truth: ["Edema", "Fracture"] }),
    ];
    expect(hardReward()(rollout, CONTEXT, null).scores.map((score) => score.total)).toEqual([1, 0, 1 / 2]);
  });

  it("holds a label-only answer to its own contract", () => {
    const rollout = [completion("<solution>Edema</solution>"), completion(answer("Edema"))];
    const { scores } = hardReward()(rollout, { step: 0, answer: "label-only" }, null);
    expect(scores.map((score) => score.total)).toEqual([1 / 3, 0]);
  });

  it("refuses a truth without a label, by the record's name", () => {
    expect(() => paid(answer("Edema"), { id: "r9", truth: [] })).toThrow(/record r9 has no positive label/);
    expect(() => paid("", { truth: [] })).toThrow(UserError);
  });
});
