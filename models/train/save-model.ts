import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { launchEngine } from "../../src/engine/launch-engine.ts";
import type { SftOutcome } from "../../src/training/sft.ts";
import { writeJsonAtomic } from "../../src/util/files.ts";

/** In a folder of its own, so that a study which reads the model does not depend on what is said about it. */
const TRAINING_FILE = "card/training.json";

const trainingSchema = z.strictObject({
  schema: z.literal("chexreason.phantom-model/1"),
  /** What makes this folder again, from the repository's root. */
  command: z.string(),
  seed: z.int(),
  parameters: z.int(),
  /** SHA-256 of model.safetensors. */
  sha256: z.string(),
  versions: z.record(z.string(), z.string()),
  stages: z.array(
    z.strictObject({
      name: z.string(),
      lessons: z.int(),
      updates: z.int(),
      batch: z.int(),
      learningRate: z.number(),
      /** Mean over the answers' tokens, on other patients or pictures. */
      validationLoss: z.number(),
    }),
  ),
});

export type TrainingNote = z.infer<typeof trainingSchema>;

/** One stage as the note has it. */
export function stageNote(
  name: string,
  lessons: number,
  settings: { readonly batch: number; readonly learningRate: number },
  outcome: SftOutcome,
): TrainingNote["stages"][number] {
  const { batch, learningRate } = settings;
  return {
    name,
    lessons,
    updates: outcome.bestStep,
    batch,
    learningRate,
    validationLoss: Number(outcome.bestValidationLoss.toFixed(4)),
  };
}

/** Stores a trained model in bfloat16, and beside it how it was made. */
export async function saveModel(
  trained: string,
  out: string,
  note: Pick<TrainingNote, "command" | "seed" | "stages">,
): Promise<TrainingNote> {
  const launched = await launchEngine();
  try {
    const { engine } = launched;
    const { parameters } = await engine.load({ source: trained, dtype: "float32", trainable: "full" });
    const { weightsHash } = await engine.saveState("full", out, { optimizer: false, dtype: "bfloat16" });
    const { versions } = await engine.describe();
    const whole: TrainingNote = {
      schema: "chexreason.phantom-model/1",
      ...note,
      parameters,
      sha256: weightsHash,
      versions: { ...versions },
    };
    await writeJsonAtomic(path.join(out, TRAINING_FILE), whole);
    return whole;
  } finally {
    await launched.close();
  }
}

/** How a stored model was made. */
export async function readTrainingNote(folder: string): Promise<TrainingNote> {
  return trainingSchema.parse(JSON.parse(await readFile(path.join(folder, TRAINING_FILE), "utf8")));
}
