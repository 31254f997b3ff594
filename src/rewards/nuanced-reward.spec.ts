import { describe, expect, it } from "vitest";
import { LABELS, type Label } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { type NuancedRewardSettings, nuancedReward } from "./nuanced-reward.ts";
import type { PredictionWindow } from "./prediction-window.ts";
import { answer, CONTEXT, exampleCompletion } from "./testing/rewarded-completion.ts";

const completion = (text: string, truth: Label[] = ["Edema", "Fracture"]) =>
  exampleCompletion(text, { truth });
const paid = (text: string, truth?: Label[], settings: Partial<NuancedRewardSettings> = {}) =>
  nuancedReward(settings)([completion(text, truth)], CONTEXT, null).scores[0];
const nonZero = (text: string, truth?: Label[]) =>
  Object.fromEntries(Object.entries(paid(text, truth)?.components ?? {}).filter(([, value]) => value !== 0));

describe("nuancedReward, equation 4", () => {
  it.each<[string, Record<string, number>]>([
    ["Edema, Fracture", { match: 100, recall: 30, precision: 20 }],
    ["Edema", { recall: 15, precision: 20 }],
    ["Edema, Fracture, Pneumonia", { recall: 30, precision: (20 * 2) / 3, falsePositive: -10 }],
    ["Edema, No Finding, Support Devices, Pneumonia", { recall: 15, precision: 5, falsePositive: -50 }],
    ["Pneumonia", { falsePositive: -10 }],
    ["Edema, Edema, Edema", { recall: 15, precision: 20, duplicate: -50 }],
    ["Edema, Fracture, Effusion", { match: 100, recall: 30, precision: 20, unknown: -100 }],
    ["no pneumothorax, Effusion", { unknown: -200, missing: -100 }],
    ["", { missing: -100 }],
  ])("pays %s by its parts", (labels, components) => {
    expect(nonZero(answer(labels))).toEqual(components);
  });

  it("charges text outside once, and missing reasoning", () => {
    const full = { match: 100, recall: 30, precision: 20 };
    expect(nonZero(`So: ${answer("Edema, Fracture")} Yes.`)).toEqual({ ...full, outside: -25 });
    expect(nonZero("<solution>Edema, Fracture</solution>")).toEqual({ ...full, missing: -100 });
    expect(nonZero("Edema")).toEqual({ missing: -100 });
    const labelOnly = [completion("<solution>Edema, Fracture</solution>")];
    const { scores } = nuancedReward()(labelOnly, { step: 0, answer: "label-only" }, null);
    expect(scores[0]?.total).toBe(150);
  });

  it("adds the parts up to the total, whatever the answer", () => {
    const stream = randomStream(1, "nuanced");
    for (let n = 0; n < 500; n++) {
      const labels = Array.from({ length: stream.integer(6) }, () => stream.pick([...LABELS, "Effusion"]));
      const score = paid(answer(labels.join(", ")), ["Edema", "No Finding"]);
      expect(score?.total).toBe(Object.values(score?.components ?? {}).reduce((sum, part) => sum + part, 0));
      expect(JSON.parse(JSON.stringify(score))).toEqual(score); // no negative zero
    }
  });

  it("refuses a truth without a label", () => {
    expect(() => paid(answer("Edema"), [])).toThrow(/no positive label/);
  });
});

describe("the collapse penalty", () => {
  /** A window of `size` predictions, the oldest of them Pneumonia, the others Edema. */
  const window = (pneumonias: number, size = 100): PredictionWindow =>
    Array.from({ length: size }, (_, n): Label[] => [n < pneumonias ? "Pneumonia" : "Edema"]);
  const collapseOf = (state: PredictionWindow | null, labels: string) =>
    nuancedReward()([completion(answer(labels))], CONTEXT, state).scores[0]?.components.collapse;

  it("acts above 70 % of a full window, on whoever repeats the label", () => {
    // 100 predictions, the first falls out: Edema stands in 70 of 100, then in 71 of 100 with this one.
    expect(collapseOf(window(30), "Edema")).toBe(-80);
    expect(collapseOf(window(31), "Edema")).toBe(0);
    expect(collapseOf(window(0), "Fracture")).toBe(0);
  });

  it("does not act before the window is full", () => {
    expect(collapseOf(null, "Edema")).toBe(0);
    expect(collapseOf(window(0, 98), "Edema")).toBe(0);
    expect(collapseOf(window(0, 99), "Edema")).toBe(-80);
  });

  it("costs 30 for each dominating label repeated, and 50 once", () => {
    const both = Array.from({ length: 100 }, (): Label[] => ["Edema", "Pneumonia"]);
    expect(collapseOf(both, "Edema, Pneumonia, Fracture")).toBe(-110);
    expect(collapseOf(both, "Edema")).toBe(-80);
  });

  it("runs through a rollout in index order and hands on the last 100 predictions, failures left out", () => {
    const rollout = [
      ...Array.from({ length: 120 }, () => completion(answer("Edema"))),
      completion("cut off"),
    ];
    const { scores, state } = nuancedReward()(rollout, CONTEXT, null);
    const collapses = scores.map((score) => score.components.collapse ?? 0);
    expect(collapses.slice(0, 99).every((value) => value === 0)).toBe(true);
    expect(collapses.slice(99, 120).every((value) => value === -80)).toBe(true);
    expect(collapses[120]).toBe(0);
    expect(state).toEqual(Array.from({ length: 100 }, () => ["Edema"]));
  });

  it("gives the same scores whether a rollout comes whole or in parts with the state saved between", () => {
    const stream = randomStream(2, "parts");
    const rollout = Array.from({ length: 260 }, () =>
      completion(answer(LABELS.filter((label) => stream.chance(label === "Edema" ? 0.75 : 0.1)).join(", "))),
    );
    const reward = nuancedReward();
    const whole = reward(rollout, CONTEXT, null);
    const first = reward(rollout.slice(0, 130), CONTEXT, null);
    const second = reward(rollout.slice(130), CONTEXT, JSON.parse(JSON.stringify(first.state)));
    expect([...first.scores, ...second.scores]).toEqual(whole.scores);
    expect(second.state).toEqual(whole.state);
    expect(whole.scores.some((score) => (score.components.collapse ?? 0) < 0)).toBe(true);
  });

  it("leaves the state it was given as it was", () => {
    const state = Object.freeze(window(0).map((labels) => Object.freeze([...labels])));
    nuancedReward()([completion(answer("Edema"))], CONTEXT, state);
    expect(state).toHaveLength(100);
  });
});
