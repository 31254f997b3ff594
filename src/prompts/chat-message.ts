import type { Prompt } from "./prompt.ts";

/** A piece of a chat message: text, or the place of image number 0, the only one. */
export type ChatPart = { readonly text: string } | { readonly image: 0 };

/** One turn of a chat, as the engine's Prepare takes it. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly parts: readonly ChatPart[];
}

/** The chat that asks for a reading: one user turn, the radiograph first, then the prompt's text. */
export function promptMessages(prompt: Prompt): ChatMessage[] {
  return [{ role: "user", parts: [{ image: 0 }, { text: prompt.text }] }];
}
