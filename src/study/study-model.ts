import type { StudyConfig } from "./schema/study.ts";

/** A model that a study makes and evaluates. */
export type StudyModel = "base" | "sft" | "grpo";

/** The models of a study, in the order of its tables. */
export function studyModels({ grpo }: Pick<StudyConfig, "grpo">): StudyModel[] {
  return grpo === null ? ["base", "sft"] : ["base", "sft", "grpo"];
}
