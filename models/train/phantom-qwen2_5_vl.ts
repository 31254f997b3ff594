import path from "node:path";
import { formatCompletion } from "../../src/completions/format-completion.ts";
import { FINDING_LABELS } from "../../src/datasets/phantom/finding.ts";
import type { Label } from "../../src/labels/label.ts";
import { freeReading } from "../../src/teacher/free-reading.ts";
import { instructionCorpus } from "../../src/teacher/instruction-corpus.ts";
import type { SftSettings } from "../../src/training/sft.ts";
import { type RandomStream, randomStream } from "../../src/util/random.ts";
import { buildModelFolder, type ModelSpec } from "./build-model-folder.ts";
import type { Lesson } from "./lesson.ts";
import { saveModel, stageNote } from "./save-model.ts";
import { SHAPE_QUESTIONS, shapeLesson } from "./shapes/shape-lesson.ts";
import { trainStage } from "./train-stage.ts";
import { workOptions } from "./work-options.ts";

/**
 * Makes models/phantom-qwen2_5_vl, the stand-in for a general model: a tiny Qwen2.5-VL that has seen plain shapes and
 * never a chest. From the repository's root:
 *
 *     OMP_NUM_THREADS=2 node --import tsx models/train/phantom-qwen2_5_vl.ts
 *
 * 1. Shapes: it describes, names, counts and places them.
 * 2. Words: beside pictures of shapes it writes pieces of readings drawn at random, and whole answers to labels drawn at
 *    random, so that no word of a reading is strange to it, nor its form. What any of them looks like it has not been
 *    shown. Without this stage a LoRA adapter cannot teach it to read: it moves neither the words' embeddings nor what
 *    writes them.
 */
const SEED = 22;
const LESSONS = 8000;
const VALIDATION = 200;
/** Side of the pictures in pixels: what the tower sees of any picture within its budget. */
const PIXELS = 112;
/** Answers from which the vocabulary learns the words of shapes. */
const CORPUS_ANSWERS = 200;

/** Lessons of the second stage, the share of them that go on with shapes, and the share that are pieces. */
const WORD_LESSONS = 12_000;
const SHAPE_SHARE = 0.25;
const PIECES_SHARE = 0.25;
/** Pieces of readings that one answer strings together. */
const PIECES = 6;
/** Prompts are pieces too; the long ones would fill whole answers. */
const LONGEST_PIECE = 80;
const WORD_QUESTION = "Write some words.";
const ANSWER_QUESTION = "Write an answer.";
/** Chance of each finding in an answer that has nothing to do with its picture. */
const FINDING_CHANCE = 0.2;

const SPEC: ModelSpec = {
  vocabulary: 1024,
  hidden: 128,
  layers: 3,
  heads: 4,
  kv_heads: 2,
  head_dim: 32,
  mlp: 256,
  patch: 14,
  visual_tokens: 16,
  vision_hidden: 128,
  vision_layers: 3,
  vision_heads: 4,
  vision_mlp: 256,
  vision_window: 112,
};

const SHAPES: SftSettings = {
  batch: 16,
  microBatch: 16,
  epochs: 12,
  patience: 0,
  learningRate: 1e-3,
  schedule: { kind: "cosine", warmup: 0.03 },
  weightDecay: 0.01,
  clipNorm: 1,
  normalisation: "token-mean",
  checkpointEvery: 200,
};

const WORDS: SftSettings = { ...SHAPES, epochs: 1 };

const { work, out } = workOptions("phantom-qwen2_5_vl");
const lessons = Array.from({ length: LESSONS }, (_, index) => shapeLesson(SEED, index, PIXELS));
const train = lessons.slice(0, -VALIDATION);
const blank = path.join(work, "blank");
await buildModelFolder(
  {
    family: "qwen2_5_vl",
    spec: SPEC,
    corpus: [
      ...instructionCorpus(),
      ...SHAPE_QUESTIONS,
      WORD_QUESTION,
      ANSWER_QUESTION,
      ...train.slice(0, CORPUS_ANSWERS).map(({ answer }) => answer),
    ],
  },
  blank,
);
const shapes = await trainStage({
  name: "shapes",
  source: blank,
  weights: "drawn",
  train,
  validation: lessons.slice(-VALIDATION),
  settings: SHAPES,
  seed: SEED,
  runFolder: path.join(work, "shapes"),
});
const words = await trainStage({
  name: "words",
  source: shapes.bestAdapter,
  weights: "loaded",
  train: wordLessons(train.length, WORD_LESSONS),
  validation: wordLessons(train.length + WORD_LESSONS, VALIDATION),
  settings: WORDS,
  seed: SEED,
  runFolder: path.join(work, "words"),
});
const note = await saveModel(words.bestAdapter, out, {
  command: "OMP_NUM_THREADS=2 node --import tsx models/train/phantom-qwen2_5_vl.ts",
  seed: SEED,
  stages: [stageNote("shapes", train.length, SHAPES, shapes), stageNote("words", WORD_LESSONS, WORDS, words)],
});
console.log(`${note.sha256}  ${path.join(out, "model.safetensors")}`);

/** Lessons on pictures of shapes from the given one on: most write what has nothing to do with the picture. */
function wordLessons(from: number, count: number): Lesson[] {
  const pieces = instructionCorpus().filter((piece) => piece.length <= LONGEST_PIECE);
  return Array.from({ length: count }, (_, index) => {
    const stream = randomStream(SEED, "words", from + index);
    const lesson = shapeLesson(SEED, from + index, PIXELS);
    if (stream.chance(SHAPE_SHARE)) return lesson;
    const id = `words ${from + index}`;
    if (stream.chance(PIECES_SHARE / (1 - SHAPE_SHARE))) {
      const answer = Array.from({ length: PIECES }, () => stream.pick(pieces)).join(" ");
      return { ...lesson, id, question: WORD_QUESTION, answer };
    }
    return { ...lesson, id, question: ANSWER_QUESTION, answer: answerAtRandom(stream) };
  });
}

/** An answer in its blocks, to labels that are drawn and not seen. */
function answerAtRandom(stream: RandomStream): string {
  const found = FINDING_LABELS.filter(() => stream.chance(FINDING_CHANCE));
  const labels: readonly Label[] = found.length === 0 ? ["No Finding"] : found;
  const view = stream.pick(["AP", "PA"] as const);
  return formatCompletion({ think: freeReading(labels, view, stream), labels });
}
