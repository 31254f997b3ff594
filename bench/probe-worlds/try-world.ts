import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { formatCompletion } from "../../src/completions/format-completion.ts";
import { planSite } from "../../src/datasets/phantom/plan-site.ts";
import type { PhantomSite } from "../../src/datasets/phantom/site.ts";
import { labelImages } from "../../src/datasets/phantom/write-site.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { type ConventionProbe, conventionProbe } from "../../src/evaluation/probes/convention-probe.ts";
import { drawPicture, type PlannedPicture } from "../../src/evaluation/probes/phantom-switches.ts";
import { readPictures } from "../../src/evaluation/probes/read-pictures.ts";
import { probeSwitches, type SwitchProbe } from "../../src/evaluation/probes/shortcut-probe.ts";
import { type Reading, readingOf } from "../../src/evaluation/reading.ts";
import { balancedAccuracy } from "../../src/evaluation/scores.ts";
import { LABELS, type Label } from "../../src/labels/label.ts";
import { positiveLabels } from "../../src/labels/policy.ts";
import { promptByName } from "../../src/prompts/builtin-prompts.ts";
import { promptMessages } from "../../src/prompts/chat-message.ts";
import { type SftExample, type SftSettings, trainSft } from "../../src/training/sft.ts";
import { randomStream } from "../../src/util/random.ts";
import { slices } from "../../src/util/slices.ts";
import { AFTER, BEFORE, type BeforeAndAfter } from "./before-and-after.ts";
import type { World } from "./world.ts";

/** Pixels: what the tiny model sees of a picture. */
const SIZE = 112;
const TRAIN = 400;
const VALIDATION = 40;
/** Pictures of the training hospital that neither trained nor chose the model. */
const HELD_OUT = 160;
/** Test pictures read once for the convention probe, and those of them drawn again under every switch. */
const READ = 320;
const SWITCHED = 80;
const RESAMPLES = 500;
const LEVEL = 0.95;
const MAX_TOKENS = 64;
const PROMPT = promptByName("only-label");

/** The paper's SFT but for what a tiny model needs: a higher rate, fewer epochs, and all of its weights. */
const SFT: SftSettings = {
  epochs: 6,
  patience: 2,
  batch: 8,
  microBatch: 8,
  learningRate: 1e-3,
  schedule: { kind: "cosine", warmup: 0.05 },
  weightDecay: 0.01,
  clipNorm: 5,
  normalisation: "token-mean",
  checkpointEvery: 10_000,
};

interface WorldImage {
  readonly id: string;
  readonly patient: string;
  readonly site: string;
  readonly labels: readonly Label[];
  readonly plan: PlannedPicture;
}

export interface TriedWorld {
  readonly switches: readonly SwitchProbe[];
  readonly convention: ConventionProbe;
  /** How much the model learnt at all. */
  readonly validationLoss: number;
  /** What the planted mark is worth to the model where it was planted; null where none was. */
  readonly markGain: number | null;
}

/** Trains the model at the world's training hospital, and probes it at its test hospital. */
export async function tryWorld(source: string, models: BeforeAndAfter, world: World): Promise<TriedWorld> {
  const { seed, home, away } = world;
  const seen = imagesOf(home, seed, TRAIN + VALIDATION + HELD_OUT);
  const tested = imagesOf(away, seed, READ);
  await models.take(source);
  const folder = await mkdtemp(path.join(tmpdir(), "chexreason-probe-world-"));
  try {
    const { bestAdapter, bestValidationLoss } = await train(models.trained, seen, folder, seed);
    await models.take(bestAdapter);
    const readings = await readingsOf(models.reader, tested, seed);
    const switches = await probeSwitches(
      models.reader,
      tested.slice(0, SWITCHED),
      { size: SIZE, planSeed: seed, style: world.styles },
      { ...asking(seed), ...JUDGING, adapter: AFTER, earlier: BEFORE, root: folder, fill: "mean" },
    );
    const own = { model: "sft", data: away.name, stated: LABELS, readings };
    const training = { stated: LABELS, images: seen.slice(0, TRAIN) };
    return {
      switches,
      convention: conventionProbe(own, null, training, { ...JUDGING, seed }),
      validationLoss: bestValidationLoss,
      markGain: await markGain(models.reader, world, seen.slice(TRAIN + VALIDATION)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function train(engine: Engine, images: readonly WorldImage[], runFolder: string, seed: number) {
  const prepare = (from: number, to: number) => examplesOf(engine, images.slice(from, to));
  const [train, validation] = [await prepare(0, TRAIN), await prepare(TRAIN, TRAIN + VALIDATION)];
  try {
    const adapter = { kind: "full" } as const;
    return await trainSft({ engine, runFolder, adapter, train, validation, settings: SFT, seed });
  } finally {
    const handles = new Set([...train, ...validation].map(({ handle }) => handle));
    for (const handle of handles) await engine.free({ handle });
  }
}

/**
 * How much better the trained model tells the marked label on the training hospital's pictures as drawn than on the same
 * pictures with their marks dealt anew: a difference of balanced accuracies, which no probe enters.
 */
async function markGain(engine: Engine, { mark, seed }: World, images: readonly WorldImage[]) {
  if (mark === null) return null;
  const marks = randomStream(seed, "marks dealt anew").shuffle(images.map(({ plan }) => plan.spec.shortcut));
  const dealt = images.map((image, at) => ({
    ...image,
    plan: { ...image.plan, spec: { ...image.plan.spec, shortcut: marks[at] ?? null } },
  }));
  const accuracy = async (pictures: readonly WorldImage[]) => {
    const readings = await readingsOf(engine, pictures, seed);
    return accuracyOf(readings, mark.label);
  };
  return (await accuracy(images)) - (await accuracy(dealt));
}

const JUDGING = { resamples: RESAMPLES, level: LEVEL } as const;
const asking = (seed: number) => ({ prompt: PROMPT, maxTokens: MAX_TOKENS, seed });

/** The trained model's greedy answers. */
async function readingsOf(engine: Engine, images: readonly WorldImage[], seed: number): Promise<Reading[]> {
  const pictures = images.map((image) => ({ ...image, picture: drawPicture(image.plan.spec, SIZE) }));
  const settings = { ...asking(seed), temperature: 0 };
  const [predictions = []] = await readPictures(engine, pictures, [AFTER], settings);
  return predictions.map((prediction, at) => readingOf(prediction, images[at]?.labels ?? []));
}

/** Balanced accuracy of one label; an answer that could not be read names nothing. */
function accuracyOf(readings: readonly Reading[], label: Label): number {
  const count = (there: boolean, named: boolean) =>
    readings.filter(
      ({ truth, predicted }) =>
        truth.includes(label) === there && (predicted ?? []).includes(label) === named,
    ).length;
  const counts = {
    truePositive: count(true, true),
    falsePositive: count(false, true),
    falseNegative: count(true, false),
  };
  return balancedAccuracy(counts, readings.length);
}

function imagesOf(site: PhantomSite, seed: number, images: number): WorldImage[] {
  return labelImages(site, seed, planSite(site, seed, images)).map(({ patient, study, image, labels }) => {
    const names = [site.population, patient.index, study.index, image.index];
    return {
      id: names.join("/"),
      patient: String(patient.index),
      site: site.name,
      labels: positiveLabels(labels),
      plan: { spec: image.spec, names },
    };
  });
}

/** Pictures whose labeler wrote nothing positive have no answer to learn, as in a study, and are left out. */
async function examplesOf(engine: Engine, images: readonly WorldImage[]): Promise<SftExample[]> {
  const examples: SftExample[] = [];
  for (const batch of slices(
    images.filter(({ labels }) => labels.length > 0),
    64,
  )) {
    const prompts = await engine.prepare(
      batch.map(({ plan }) => ({ messages: promptMessages(PROMPT), images: [drawPicture(plan.spec, SIZE)] })),
    );
    const tokens = await engine.tokenize(
      batch.map(({ labels }) => formatCompletion({ think: null, labels })),
    );
    for (const [at, { id }] of batch.entries())
      examples.push({
        id,
        handle: prompts[at]?.handle ?? "",
        promptTokens: prompts[at]?.tokens ?? 0,
        tokens: tokens[at] ?? [],
      });
  }
  return examples;
}
