import { z } from "zod";
import { SHORTCUTS } from "../../src/engine/shortcuts.ts";
import { LABELS } from "../../src/labels/label.ts";

const rowSchema = z.object({
  id: z.string(),
  file: z.string(),
  text: z.string(),
  labels: z.array(z.enum(LABELS)),
});

/** What both sides are told: the same file for ours and for the peer's. */
export const jobSchema = z.object({
  kind: z.enum(["sft", "grpo", "generate"]),
  /** Folder of the model, of its first LoRA, and of the pictures. */
  model: z.string(),
  start: z.string(),
  images: z.string(),
  dtype: z.enum(["float32", "bfloat16"]),
  checkpointing: z.boolean(),
  threads: z.int(),
  seed: z.int(),
  prompt: z.string(),
  format: z.string(),
  endOfTurn: z.string(),
  epochs: z.int(),
  settings: z.record(z.string(), z.number()),
  /** Ours alone: shortcuts switched off. */
  without: z.array(z.enum(SHORTCUTS)),
  /** Ours alone: SFT's gradient in a call of its own instead of with its forward. */
  splitForward: z.boolean(),
  /** One set of pictures a repetition, each with a cold cache; `order` is the order of all its epochs. */
  sets: z.array(z.object({ rows: z.array(rowSchema), order: z.array(z.int()) })),
});
export type Job = z.infer<typeof jobSchema>;
export type JobRow = z.infer<typeof rowSchema>;

/** A side's answer to one command. */
export const resultSchema = z.object({
  seconds: z.number().positive(),
  /** Of all processes of the side, all threads; absent where the system does not say. */
  processorSeconds: z.number().optional(),
  /** SFT: sequences trained on; else completions. */
  samples: z.int().positive(),
  tokens: z.int().optional(),
  updates: z.int().optional(),
  loss: z.number().optional(),
  /** Highest so far, of the process that computes (of the device on CUDA). */
  peakBytes: z.number().positive(),
  /** Ours: Node's own. */
  nodePeakBytes: z.number().optional(),
  /** Ours: seconds by part, see time-table.ts. */
  parts: z.record(z.string(), z.number()).optional(),
});
export type SideResult = z.infer<typeof resultSchema>;

/** What a side says once it can work. */
export const readySchema = z.object({
  versions: z.record(z.string(), z.string()),
  promptTokens: z.int(),
  threads: z.int().optional(),
  device: z.string().optional(),
});
export type SideReady = z.infer<typeof readySchema>;
