import { z } from "zod";
import { LICENCE_CLASSES } from "../datasets/record.ts";
import { LABELS } from "../labels/label.ts";
import type { ChatMessage } from "../prompts/chat-message.ts";

const textPart = z.strictObject({ type: z.literal("text"), text: z.string() });

/**
 * One trace: a radiograph, what is asked, and the teacher's answer, as a line of `traces/<format>.jsonl`. The messages
 * are the chat-with-image form that TRL's trainers read, with `image` beside them (a path, which their reader has to join
 * to the data root and cast to an image). Unknown keys are refused: a
 * misspelt one would be lost in silence.
 */
export const traceSchema = z.strictObject({
  /** The record's, unique within its hospital. */
  id: z.string().min(1),
  patient: z.string().min(1),
  site: z.string().min(1),
  /** Relative to the hospital's data root. */
  image: z.string().min(1),
  messages: z.tuple([
    z.strictObject({
      role: z.literal("user"),
      content: z.tuple([z.strictObject({ type: z.literal("image") }), textPart]),
    }),
    z.strictObject({ role: z.literal("assistant"), content: z.tuple([textPart]) }),
  ]),
  /** The labels the teacher was given, in canonical order. */
  labels: z.array(z.enum(LABELS)).min(1),
  /** The prompt's name. */
  format: z.string().min(1),
  answer: z.enum(["reasoned", "label-only"]),
  prompt_version: z.int().positive(),
  prompt_hash: z.string().regex(/^[0-9a-f]{64}$/),
  teacher: z.strictObject({
    name: z.string().min(1),
    model_version: z.string().min(1),
    seed: z.int(),
    /** Of the instructions that a language model was given; absent for a teacher that needs none. */
    instruction_hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
  licence: z.enum(LICENCE_CLASSES),
});

export type Trace = z.infer<typeof traceSchema>;

/** The teacher's completion: what SFT learns. */
export function traceCompletion(trace: Trace): string {
  return trace.messages[1].content[0].text;
}

/** The chat that asks for the completion, as the engine's Prepare takes it. */
export function tracePrompt(trace: Trace): ChatMessage[] {
  return [{ role: "user", parts: [{ image: 0 }, { text: trace.messages[0].content[1].text }] }];
}
