import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../engine/python-environment.ts";
import { changedSettings } from "./changed-settings.ts";
import { templateNames } from "./init-study.ts";
import { loadStudy } from "./load-study.ts";

const ROOTS = {
  paper: ["data.mimic.root=/m", "data.chexpert.root=/c", "data.nih.root=/n"],
  nih: ["data.nih.root=/n"],
};
const load = async (name: string, ...more: string[]) => {
  const roots = ROOTS[name as keyof typeof ROOTS] ?? [];
  return (await loadStudy(path.join(PACKAGE_ROOT, `studies/${name}.yaml`), [...roots, ...more])).config;
};

describe("changedSettings", () => {
  it("finds in the paper's study nothing but what its best checkpoint is chosen by", async () => {
    expect(changedSettings(await load("paper")).map(({ setting }) => setting)).toEqual(["grpo.chooseBy"]);
  });

  it("has a reason for every setting that a study of ours changes", async () => {
    for (const name of await templateNames()) {
      const unexplained = changedSettings(await load(name)).filter(({ why }) => why === "not said");
      expect(unexplained, name).toEqual([]);
    }
  });

  it("names a setting with the paper's value, and says where a default is not the paper's", async () => {
    const changed = changedSettings(
      await load(
        "paper",
        "sft.lora.rank=8",
        "grpo.learningRate=1e-5",
        "grpo.control=permuted-truth",
        "seed=9",
      ),
    );
    expect(changed.filter(({ setting }) => setting !== "grpo.chooseBy")).toEqual([
      { setting: "sft.lora.rank", paper: "16", here: "8", why: "not said" },
      { setting: "grpo.control", paper: "none (ours)", here: "permuted-truth", why: "not said" },
      { setting: "grpo.learningRate", paper: "0.000001 (unstated)", here: "0.00001", why: "not said" },
    ]);
  });

  it("sees a changed part of the reward", async () => {
    const [change] = changedSettings(await load("paper", "grpo.reward.minLength=30"));
    expect(change?.setting).toBe("grpo.reward");
    expect(change?.paper).toContain("minLength 250");
    expect(change?.here).toContain("minLength 30");
  });
});
