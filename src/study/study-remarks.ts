import { bestOf } from "../evaluation/best-of.ts";
import type { RowRemarks } from "../evaluation/results-table.ts";
import type { Study } from "./load-study.ts";
import { studyContaminations } from "./outside-models.ts";
import { studyModels } from "./study-model.ts";
import { trainingChoices } from "./training-choices.ts";

/** What is said of each of a study's models beside its numbers on a hospital. Reads what its trainings left. */
export async function studyRemarks(study: Study): Promise<(model: string, data: string) => RowRemarks> {
  const { config } = study;
  const choices = await trainingChoices(study);
  const lineage: readonly string[] = studyModels(config);
  return (model, data) => ({
    contaminations: studyContaminations(config, data, model),
    bestOf: bestOf(choices, lineage, model),
  });
}
