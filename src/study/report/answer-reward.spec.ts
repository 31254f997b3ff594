import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../engine/python-environment.ts";
import type { Prediction } from "../../evaluation/prediction-file.ts";
import { loadStudy } from "../load-study.ts";
import { answerReward } from "./answer-reward.ts";

const answer = (text: string): Prediction => ({
  id: "a",
  patient: "p",
  site: "s",
  text,
  tokens: 80,
  finish: "stop",
  failure: null,
  labels: null,
});
const EDEMA = answer("<think>Hazy.</think><solution>Edema</solution>");
const rewardFor = async (...settings: string[]) =>
  answerReward(await loadStudy(path.join(PACKAGE_ROOT, "studies/phantom.yaml"), settings));

describe("answerReward", () => {
  it("gives the total and the parts of the study's own reward", async () => {
    const hard = await rewardFor("grpo.reward={kind: hard, minLength: 60}");
    expect(hard({ prompt: "free" }, EDEMA, ["Edema", "Pneumonia"])).toEqual([
      { name: "reward", value: 0.5 },
      { name: "jaccard", value: 0.5 },
      { name: "length", value: 0 },
    ]);
    const long = await rewardFor("grpo.reward={kind: hard, minLength: 100, lengthPenalty: 0.25}");
    expect(long({ prompt: "free" }, EDEMA, ["Edema"])[0]).toEqual({ name: "reward", value: 0.75 });
  });

  it("calls a reward with a memory with none", async () => {
    const nuanced = await rewardFor("grpo.reward={kind: nuanced}");
    const once = nuanced({ prompt: "free" }, EDEMA, ["Edema"]);
    expect(once[0]).toEqual({ name: "reward", value: 150 });
    for (let again = 0; again < 120; again++) nuanced({ prompt: "free" }, EDEMA, ["Edema"]);
    expect(nuanced({ prompt: "free" }, EDEMA, ["Edema"])).toEqual(once);
  });

  it("has none where none is defined", async () => {
    const hard = await rewardFor();
    expect(hard({ prompt: "free" }, EDEMA, [])).toEqual([]);
    expect(hard({ prompt: "narrative" }, EDEMA, ["Edema"])).toEqual([]);
    expect((await rewardFor("grpo=null"))({ prompt: "free" }, EDEMA, ["Edema"])).toEqual([]);
  });
});
