import path from "node:path";
import { FINDING_LABELS } from "../../src/datasets/phantom/finding.ts";
import type { PhantomSite, Prevalence } from "../../src/datasets/phantom/site.ts";
import { PHANTOM_NEUTRAL } from "../../src/datasets/phantom/sites.ts";
import type { PromptName } from "../../src/prompts/builtin-prompts.ts";
import { instructionCorpus } from "../../src/teacher/instruction-corpus.ts";
import type { SftSettings } from "../../src/training/sft.ts";
import { type RandomStream, randomStream } from "../../src/util/random.ts";
import { buildModelFolder, type ModelSpec } from "./build-model-folder.ts";
import { drawPrompt, readingLesson, SEARCH_QUESTION, searchLesson, tellingLesson } from "./chest-lessons.ts";
import type { Lesson } from "./lesson.ts";
import { saveModel, stageNote } from "./save-model.ts";
import { type SitePicture, sitePictures } from "./site-pictures.ts";
import { trainStage } from "./train-stage.ts";
import { workOptions } from "./work-options.ts";

/**
 * Makes models/phantom-gemma3, the stand-in for MedGemma: a tiny Gemma 3 that has learnt to see at a neutral site and
 * has met every built-in prompt. From the repository's root:
 *
 *     OMP_NUM_THREADS=2 node --import tsx models/train/phantom-gemma3.ts
 *
 * 1. Seeing: it says of each finding where it is and of what degree, which teaches the tower. Findings are frequent
 *    here, since a tower learns little from pictures without them.
 * 2. Telling: the same pictures, and others whose findings are as frequent as at the hospitals, are put into the
 *    words of a reading, under short questions.
 * 3. Reading: the built-in prompts, on the latter pictures.
 */
const SEED = 21;
const SEEING_PICTURES = 8000;
const READING_PICTURES = 4000;
const VALIDATION = 200;
const TEACHING_PREVALENCE = 0.3;

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
  patience: 0,
  schedule: { kind: "cosine", warmup: 0.03 },
  weightDecay: 0.01,
  clipNorm: 1,
  normalisation: "token-mean",
  checkpointEvery: 200,
} as const;
const SEEING: SftSettings = { ...COMMON, microBatch: 16, epochs: 10, learningRate: 1e-3 };
const TELLING: SftSettings = { ...COMMON, microBatch: 16, epochs: 6, learningRate: 1e-3 };
// Prompts differ in length, and every row of a Forward is as long as its longest: small ones waste least.
const READING: SftSettings = { ...COMMON, microBatch: 4, epochs: 2, learningRate: 5e-4 };

/** Share of the later lessons that go on searching, so that seeing is not lost over writing. */
const SEARCH_SHARE = 0.2;
/** Share of the short questions that ask for a reading; the others ask for its labels alone. */
const TOLD_SHARE = 0.75;

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
const teachingSite: PhantomSite = {
  ...PHANTOM_NEUTRAL,
  prevalence: Object.fromEntries(FINDING_LABELS.map((label) => [label, TEACHING_PREVALENCE])) as Prevalence,
};
const teaching = await sitePictures(teachingSite, SEED, SEEING_PICTURES, path.join(work, "teaching"));
const search = split(teaching);
const blank = path.join(work, "blank");
await buildModelFolder(
  {
    family: "gemma3",
    spec: SPEC,
    corpus: [...instructionCorpus(), SEARCH_QUESTION, ...teaching.slice(0, 50).map(searchAnswer)],
  },
  blank,
);
const seeing = await trainStage({
  name: "seeing",
  source: blank,
  weights: "drawn",
  train: search.train.map(searchLesson),
  validation: search.validation.map(searchLesson),
  settings: SEEING,
  seed: SEED,
  runFolder: path.join(work, "seeing"),
});
const neutral = await sitePictures(PHANTOM_NEUTRAL, SEED + 1, READING_PICTURES, path.join(work, "neutral"));
const readings = split(neutral);
const told = { train: [...search.train, ...readings.train], validation: readings.validation };
const telling = await trainStage({
  name: "telling",
  source: seeing.bestAdapter,
  weights: "loaded",
  train: await mixedLessons(told.train, tell),
  validation: await mixedLessons(told.validation, tell),
  settings: TELLING,
  seed: SEED,
  runFolder: path.join(work, "telling"),
});
const reading = await trainStage({
  name: "reading",
  source: telling.bestAdapter,
  weights: "loaded",
  train: await mixedLessons(readings.train, read),
  validation: await mixedLessons(readings.validation, read),
  settings: READING,
  seed: SEED,
  runFolder: path.join(work, "reading"),
});
const note = await saveModel(reading.bestAdapter, out, {
  command: "OMP_NUM_THREADS=2 node --import tsx models/train/phantom-gemma3.ts",
  seed: SEED,
  stages: [
    stageNote("seeing", search.train.length, SEEING, seeing),
    stageNote("telling", told.train.length, TELLING, telling),
    stageNote("reading", readings.train.length, READING, reading),
  ],
});
console.log(`${note.sha256}  ${path.join(out, "model.safetensors")}`);

/** The last pictures, and those of other patients. */
function split(pictures: readonly SitePicture[]) {
  const validation = pictures.slice(-VALIDATION);
  const patients = new Set(validation.map(({ record }) => record.patient));
  return { validation, train: pictures.filter(({ record }) => !patients.has(record.patient)) };
}

type AskAbout = (picture: SitePicture, stream: RandomStream) => Promise<Lesson>;

async function mixedLessons(pictures: readonly SitePicture[], ask: AskAbout): Promise<Lesson[]> {
  const stream = randomStream(SEED, "lessons", ask.name, pictures.length);
  return await Promise.all(
    pictures.map((picture) => (stream.chance(SEARCH_SHARE) ? searchLesson(picture) : ask(picture, stream))),
  );
}

function tell(picture: SitePicture, stream: RandomStream): Promise<Lesson> {
  return tellingLesson(picture, stream.chance(TOLD_SHARE) ? "free" : "only-label", SEED);
}

function read(picture: SitePicture, stream: RandomStream): Promise<Lesson> {
  return readingLesson(picture, drawPrompt(PROMPT_WEIGHTS, stream), SEED);
}

function searchAnswer(picture: SitePicture): string {
  return searchLesson(picture).answer;
}
