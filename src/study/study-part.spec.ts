import { describe, expect, it } from "vitest";
import type { Stage } from "./stage.ts";
import { type StudyPart, stagesOf } from "./study-part.ts";

const stage = (name: string, ...needs: string[]): Stage => ({
  name,
  needs,
  config: null,
  run: () => Promise.reject(new Error("never run here")),
});
const STAGES = [
  stage("model"),
  stage("data home"),
  stage("data away"),
  stage("cohort", "data home"),
  stage("test-set away", "cohort", "data away"),
  stage("teach", "cohort"),
  stage("sft", "model", "teach", "data home"),
  stage("grpo", "model", "sft", "cohort"),
  stage("predict base@away", "model", "test-set away"),
  stage("predict grpo@away", "model", "test-set away", "grpo"),
  stage("report", "predict base@away", "predict grpo@away"),
];
const named = (part: StudyPart) => stagesOf(STAGES, part).map(({ name }) => name);

describe("stagesOf", () => {
  it("takes a part's stages and what they need, in order", () => {
    expect(named("data")).toEqual(["data home", "data away"]);
    expect(named("teach")).toEqual(["data home", "cohort", "teach"]);
    expect(named("sft")).toEqual(["model", "data home", "cohort", "teach", "sft"]);
  });

  it("takes test sets with the cohorts", () => {
    expect(named("cohort")).toEqual(["data home", "data away", "cohort", "test-set away"]);
  });

  it("takes everything for the report", () => {
    expect(named("report")).toEqual(STAGES.map(({ name }) => name));
  });
});
