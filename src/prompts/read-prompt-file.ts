import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { describeIssue } from "../util/describe-issue.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { type Prompt, type PromptSource, promptOf } from "./prompt.ts";

/** Longest prompt text taken from a file, in characters: past it a model's context would hold little else. */
const MAX_TEXT_CHARACTERS = 20_000;

const once = (mark: string) =>
  [(text: string) => text.split(mark).length === 2, `must hold ${mark} exactly once`] as const;

/** A prompt as its file declares it. */
export const promptSource = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be lower-case letters, digits and hyphens"),
  title: z.string().min(1),
  version: z.int().positive(),
  cue: z.string().min(1),
  answer: z.enum(["reasoned", "label-only"]),
  text: z
    .string()
    .max(MAX_TEXT_CHARACTERS)
    .refine(...once("{labels}"))
    .refine(...once("{answer}")),
});

/**
 * Reads one prompt from a YAML file: name, title, version, cue, answer (`reasoned` or `label-only`) and text.
 * The built-in prompts and a user's own go through here alike. Throws a UserError that names the file and the key.
 */
export function readPromptFile(file: string): Prompt {
  return promptOf(readPromptSource(file));
}

/** A prompt as its file declares it, its places not filled in yet. Throws as `readPromptFile` does. */
export function readPromptSource(file: string): PromptSource {
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UserError(`prompt file ${file} cannot be read: ${messageOf(error)}`, 2, { cause: error });
  }
  const parsed = promptSource.safeParse(content);
  if (!parsed.success)
    throw new UserError(`prompt file ${file}: ${describeIssue(parsed.error, "the file")}`, 2);
  return parsed.data;
}
