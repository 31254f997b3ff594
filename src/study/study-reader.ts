import type { StudyConfig } from "./schema/study.ts";
import { type StudyModel, studyModels } from "./study-model.ts";

/** A model asked with a prompt: a row of a study's results. */
export interface StudyReader {
  /** As the results call it: `sft`, `base[narrative]`. */
  readonly id: string;
  readonly model: StudyModel;
  /** The prompt's name. */
  readonly prompt: string;
  /** As its files are called: `sft`, `base-narrative`. A bracket in a path would be a pattern to DuckDB. */
  readonly file: string;
  /** The reader that it is compared with on the same images; null: none. */
  readonly baseline: string | null;
}

/**
 * The readers of a study, in the order of its tables: its models, each compared with the one that it came from, then
 * the base model with each of `evaluation.prompts`, compared with the first of these. Where nothing is trained and
 * there are such prompts, the base model is read with these alone.
 */
export function studyReaders(
  config: Pick<StudyConfig, "sft" | "grpo" | "format" | "evaluation">,
): StudyReader[] {
  const { format, evaluation } = config;
  const prompted = evaluation.prompts.map((prompt, index) => ({
    id: `base[${prompt}]`,
    model: "base" as const,
    prompt,
    file: `base-${prompt}`,
    baseline: index === 0 ? null : `base[${evaluation.prompts[0]}]`,
  }));
  if (config.sft === null && prompted.length > 0) return prompted;
  const models = studyModels(config);
  const trained = models.map((model, index) => ({
    id: model,
    model,
    prompt: format,
    file: model,
    baseline: models[index - 1] ?? null,
  }));
  return [...trained, ...prompted];
}
