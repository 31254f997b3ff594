import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

/** The scores that the model cards show, as `card/scores.json` holds them. */
export const SCORES_FILE = "card/scores.json";

const estimate = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});

const readerScores = z.strictObject({
  n: z.int(),
  failed: z.int(),
  macroF1: estimate,
  /** Of a reader that names every label for every picture. */
  alwaysMacroF1: z.number(),
  labels: z.record(z.string(), z.strictObject({ f1: z.number(), positives: z.int() })),
});
export type ReaderScores = z.infer<typeof readerScores>;

const scoresSchema = z.strictObject({
  schema: z.literal("chexreason.phantom-model-scores/1"),
  model: z.string(),
  parameters: z.int(),
  seed: z.int(),
  prompt: z.string(),
  /** By site: against what is truly in the picture, and against what the hospital's labeler wrote. */
  sites: z.record(z.string(), z.strictObject({ trueFindings: readerScores, hospitalsLabels: readerScores })),
  /** By prompt, on `phantom-chexpert` and against its labels. */
  prompts: z.record(z.string(), z.strictObject({ n: z.int(), failed: z.int(), macroF1: estimate })),
});
export type PhantomScores = z.infer<typeof scoresSchema>;

export async function readPhantomScores(folder: string): Promise<PhantomScores> {
  return scoresSchema.parse(JSON.parse(await readFile(path.join(folder, SCORES_FILE), "utf8")));
}
