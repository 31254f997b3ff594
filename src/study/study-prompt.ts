import { promptOf } from "../prompts/prompt.ts";
import { type CataloguedPrompt, promptCatalog, promptIn } from "../prompts/prompt-catalog.ts";
import type { StudyConfig } from "./schema/study.ts";

/** The built-in prompts and a study's own. Throws a UserError when two have one name. */
export function studyPrompts({ prompts }: Pick<StudyConfig, "prompts">): CataloguedPrompt[] {
  return promptCatalog(prompts.map(promptOf));
}

/** A prompt that a study may name. Throws a UserError, listing the names, for one that does not exist. */
export function studyPrompt(config: Pick<StudyConfig, "prompts">, name: string): CataloguedPrompt {
  return promptIn(studyPrompts(config), name);
}
