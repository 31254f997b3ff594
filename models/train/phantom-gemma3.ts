import path from "node:path";
import { PHANTOM_NEUTRAL } from "../../src/datasets/phantom/sites.ts";
import type { PromptName } from "../../src/prompts/builtin-prompts.ts";
import { instructionCorpus } from "../../src/teacher/instruction-corpus.ts";
import type { SftSettings } from "../../src/training/sft.ts";
import { randomStream } from "../../src/util/random.ts";
import { buildModelFolder, type ModelSpec } from "./build-model-folder.ts";
import { drawPrompts, GRADES_QUESTION, gradesLesson, readingLesson } from "./chest-lessons.ts";
import { saveModel } from "./save-model.ts";
import { type SitePicture, sitePictures } from "./site-pictures.ts";
import { trainStage } from "./train-stage.ts";
import { workOptions } from "./work-options.ts";

/**
 * Makes models/phantom-gemma3, the stand-in for MedGemma: a tiny Gemma 3 that has learnt to see at a neutral site and
 * has met every built-in prompt. From the repository's root:
 *
 *     OMP_NUM_THREADS=2 node --import tsx models/train/phantom-gemma3.ts
 *
 * First it grades the 13 findings in one word each, which teaches the tower to see; then it answers the prompts.
 */
const SEED = 20_260_701;
const PICTURES = 10_000;
const VALIDATION = 200;

const SPEC: ModelSpec = {
  vocabulary: 1024,
  hidden: 128,
  layers: 3,
  heads: 4,
  kv_heads: 2,
  head_dim: 32,
  mlp: 256,
  // Wide enough that a reading sees its picture in every layer; only the two longest prompts go past it.
  sliding_window: 256,
  full_every: 3,
  image_size: 112,
  patch: 14,
  visual_tokens: 16,
  vision_hidden: 128,
  vision_layers: 3,
  vision_heads: 4,
  vision_mlp: 256,
};

const COMMON = {
  batch: 16,
  microBatch: 16,
  patience: 0,
  schedule: { kind: "cosine", warmup: 0.03 },
  weightDecay: 0.01,
  clipNorm: 1,
  normalisation: "token-mean",
  checkpointEvery: 200,
} as const;
const SEEING: SftSettings = { ...COMMON, epochs: 6, learningRate: 1e-3 };
const READING: SftSettings = { ...COMMON, epochs: 1, learningRate: 5e-4 };

/** The share of each prompt among the instructions. The study's own is met most often; the longest cost most. */
const PROMPT_WEIGHTS: Readonly<Record<PromptName, number>> = {
  free: 4,
  "only-label": 4,
  narrative: 1,
  "self-check": 1,
  hypothesis: 1,
  a: 1,
  b: 1,
  c: 1,
  d: 1,
  e: 1,
  f: 1,
};

const { work, out } = workOptions("phantom-gemma3");
const pictures = await sitePictures(PHANTOM_NEUTRAL, SEED, PICTURES, path.join(work, "phantom-neutral"));
// Patients come in order, so the last pictures are other patients' than the first.
const train = pictures.slice(0, -VALIDATION);
const validation = pictures.slice(-VALIDATION);

const blank = path.join(work, "blank");
await buildModelFolder(
  {
    family: "gemma3",
    spec: SPEC,
    corpus: [...instructionCorpus(), GRADES_QUESTION, ...answers(train.slice(0, 50))],
  },
  blank,
);
const seeing = await trainStage({
  name: "seeing",
  source: blank,
  weights: "drawn",
  train: train.map(gradesLesson),
  validation: validation.map(gradesLesson),
  settings: SEEING,
  seed: SEED,
  runFolder: path.join(work, "seeing"),
});
const reading = await trainStage({
  name: "reading",
  source: seeing.bestAdapter,
  weights: "loaded",
  train: await readings(train),
  validation: await readings(validation),
  settings: READING,
  seed: SEED,
  runFolder: path.join(work, "reading"),
});
const hash = await saveModel(reading.bestAdapter, out);
console.log(`${hash}  ${path.join(out, "model.safetensors")}`);

function answers(some: readonly SitePicture[]): string[] {
  return some.map((picture) => gradesLesson(picture).answer);
}

async function readings(some: readonly SitePicture[]) {
  const names = drawPrompts(PROMPT_WEIGHTS, some.length, randomStream(SEED, "prompts", some.length));
  return await Promise.all(
    some.map((picture, index) => readingLesson(picture, names[index] ?? "free", SEED)),
  );
}
