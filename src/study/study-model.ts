import type { StudyConfig } from "./schema/study.ts";

/** A model that a study makes and evaluates. */
export type StudyModel = "base" | "sft" | "grpo";

/** The models of a study, in the order of its tables. */
export function studyModels({ sft, grpo }: Pick<StudyConfig, "sft" | "grpo">): StudyModel[] {
  return ["base", ...(sft === null ? [] : (["sft"] as const)), ...(grpo === null ? [] : (["grpo"] as const))];
}
