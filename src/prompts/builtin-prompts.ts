import { fileURLToPath } from "node:url";
import { UserError } from "../util/user-error.ts";
import type { Prompt } from "./prompt.ts";
import { readPromptFile } from "./read-prompt-file.ts";

/** The nine prompts compared on the untrained model (the paper's Table 1), in its order. */
export const ABLATION_PROMPTS = [
  "narrative",
  "self-check",
  "hypothesis",
  "a",
  "b",
  "c",
  "d",
  "e",
  "f",
] as const;

/** The four formats compared by fine-tuning (Tables 2 and 3), in their order. Two are prompts of Table 1. */
export const SFT_FORMATS = ["only-label", "free", "narrative", "a"] as const;

export type FormatName = (typeof SFT_FORMATS)[number];
export type PromptName = (typeof ABLATION_PROMPTS)[number] | FormatName;

/** Every built-in prompt once: the nine, then the formats that are not among them. */
export const PROMPT_NAMES: readonly PromptName[] = [
  ...new Set<PromptName>([...ABLATION_PROMPTS, ...SFT_FORMATS]),
];

const read = new Map<PromptName, Prompt>();

/** A built-in prompt. Throws a UserError, listing the names, for one that does not exist. */
export function promptByName(name: string): Prompt {
  const known = PROMPT_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new UserError(`there is no prompt named "${name}"; choose one of ${PROMPT_NAMES.join(", ")}`, 2);
  }
  const prompt =
    read.get(known) ?? readPromptFile(fileURLToPath(new URL(`./texts/${known}.yaml`, import.meta.url)));
  read.set(known, prompt);
  return prompt;
}
