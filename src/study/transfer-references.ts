import { TRIVIAL_READER_IDS } from "../evaluation/trivial-readers.ts";
import type { StudyConfig } from "./schema/study.ts";
import { type StudyModel, studyModels } from "./study-model.ts";
import { studyReaders } from "./study-reader.ts";

/** The rows of a transfer matrix that no step is judged by: other prompts, models from elsewhere, readers without a picture. */
export function transferReferences(config: StudyConfig, elsewhere: readonly string[]): string[] {
  const models: readonly StudyModel[] = studyModels(config);
  const others = studyReaders(config).filter(({ id }) => models.every((model) => model !== id));
  return [...others.map(({ id }) => id), ...elsewhere, ...TRIVIAL_READER_IDS];
}
