import { grpoFactsSchema, sftFactsSchema } from "./schema/facts.ts";
import type { StudyConfig } from "./schema/study.ts";
import type { StudyModel } from "./study-model.ts";

/** The folder of a model's adapter relative to the study's; null: the base. `factsOf` gives a stage's facts. */
export function modelAdapter(
  { grpo }: Pick<StudyConfig, "grpo">,
  model: StudyModel,
  factsOf: (stage: string) => unknown,
): string | null {
  switch (model) {
    case "base":
      return null;
    case "sft":
      return sftFactsSchema.parse(factsOf("sft")).adapter;
    case "grpo":
      return grpoFactsSchema.parse(factsOf("grpo")).adapters[grpo?.evaluate ?? "best"];
  }
}
