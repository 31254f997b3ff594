import { UserError } from "../util/user-error.ts";
import { ABLATION_PROMPTS, PROMPT_NAMES, promptByName, SFT_FORMATS } from "./builtin-prompts.ts";
import type { Prompt } from "./prompt.ts";

/** What a prompt is for: the ablation on the untrained model (Table 1), fine-tuning (Tables 2, 3), or a user's own. */
export const PROMPT_USES = ["ablation", "format", "own"] as const;
export type PromptUse = (typeof PROMPT_USES)[number];

export interface CataloguedPrompt extends Prompt {
  readonly uses: readonly PromptUse[];
}

/**
 * The built-in prompts, then a user's own. Throws a UserError when two have one name: a result is stored under it.
 */
export function promptCatalog(own: readonly Prompt[] = []): CataloguedPrompt[] {
  const isOf = (names: readonly string[], name: string) => names.includes(name);
  const builtin = PROMPT_NAMES.map((name) => ({
    ...promptByName(name),
    uses: [
      ...(isOf(ABLATION_PROMPTS, name) ? (["ablation"] as const) : []),
      ...(isOf(SFT_FORMATS, name) ? (["format"] as const) : []),
    ],
  }));
  const catalog: CataloguedPrompt[] = [...builtin];
  for (const prompt of own) {
    if (catalog.some(({ name }) => name === prompt.name))
      throw new UserError(`there are two prompts named "${prompt.name}"; give yours another name`, 2);
    catalog.push({ ...prompt, uses: ["own"] });
  }
  return catalog;
}

/** A prompt of a catalog. Throws a UserError, listing the names, for one that it does not hold. */
export function promptIn(catalog: readonly CataloguedPrompt[], name: string): CataloguedPrompt {
  const found = catalog.find((prompt) => prompt.name === name);
  if (found !== undefined) return found;
  const names = catalog.map((prompt) => prompt.name).join(", ");
  throw new UserError(`there is no prompt named "${name}"; choose one of ${names}`, 2);
}
