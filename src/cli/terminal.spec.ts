import { describe, expect, it } from "vitest";
import { durationText, paceOf, progressText } from "./terminal.ts";

describe("paceOf", () => {
  const progress = (done: number, unit = "updates") => ({ done, total: 100, unit, note: `loss ${1 / done}` });

  it("measures from the first report, where an interrupted run begins in its middle", () => {
    const pace = paceOf();
    expect(pace("sft", progress(40), 1_000)).toBeNull();
    expect(pace("sft", progress(50), 3_000)).toEqual({ rate: 5, secondsLeft: 10 });
    expect(pace("sft", progress(60), 6_000)).toEqual({ rate: 4, secondsLeft: 10 });
  });

  it("begins anew with other work", () => {
    const pace = paceOf();
    pace("sft", progress(1), 0);
    expect(pace("sft", progress(5, "images"), 1_000)).toBeNull();
    expect(pace("grpo", progress(6, "images"), 2_000)).toBeNull();
    expect(pace("grpo", progress(2, "images"), 3_000)).toBeNull();
  });
});

describe("progressText", () => {
  it("says what is done, how fast, and what is left", () => {
    expect(
      progressText(
        { done: 1, total: 4, unit: "rollouts", note: "reward 0.3" },
        { rate: 0.5, secondsLeft: 6 },
      ),
    ).toBe("1 of 4 rollouts, 0.500/s, 6 s left, reward 0.3");
    expect(progressText({ done: 1, total: 4, unit: "rollouts" }, null)).toBe("1 of 4 rollouts");
  });
});

describe("durationText", () => {
  it.each([
    [0.2, "0 s"],
    [89, "89 s"],
    [90, "2 min"],
    [3_000, "50 min"],
    [12_000, "3 h 20 min"],
  ])("%s seconds are %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
