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
import { readingOf } from "../../src/evaluation/reading.ts";
import { LABELS, type Label } from "../../src/labels/label.ts";
import { positiveLabels } from "../../src/labels/policy.ts";
import { promptByName } from "../../src/prompts/builtin-prompts.ts";
import { promptMessages } from "../../src/prompts/chat-message.ts";
import { type SftExample, type SftSettings, trainSft } from "../../src/training/sft.ts";
import { slices } from "../../src/util/slices.ts";
import type { World } from "./world.ts";

/** Pixels: what the tiny model sees of a picture. */
const SIZE = 112;
const TRAIN = 320;
const VALIDATION = 40;
/** Test pictures read once for the convention probe, and those of them drawn again under every switch. */
const READ = 320;
const SWITCHED = 80;
const RESAMPLES = 500;
const LEVEL = 0.95;
const MAX_TOKENS = 64;
const PROMPT = promptByName("only-label");
const READER = "reader";
/** The model as it came, which the world's was trained from. */
const BASE = "";

/** The paper's SFT but for what a tiny model needs: a higher rate, and fewer epochs. */
const SFT: SftSettings = {
  epochs: 4,
  patience: 2,
  batch: 8,
  microBatch: 8,
  learningRate: 1e-3,
  schedule: { kind: "cosine", warmup: 0.05 },
  weightDecay: 0.01,
  clipNorm: 5,
  normalisation: "token-mean",
  checkpointEvery: 1000,
};
const LORA = { kind: "lora", rank: 16, alpha: 32, dropout: 0.1 } as const;

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
}

/** Fine-tunes the model that the engine holds at the world's training hospital, and probes it at its test hospital. */
export async function tryWorld(engine: Engine, world: World): Promise<TriedWorld> {
  const { seed, home, away } = world;
  const trained = imagesOf(home, seed, TRAIN + VALIDATION);
  const tested = imagesOf(away, seed, READ);
  const examples = await examplesOf(engine, trained);
  const folder = await mkdtemp(path.join(tmpdir(), "chexreason-probe-world-"));
  try {
    const { bestAdapter, bestValidationLoss } = await trainSft({
      engine,
      runFolder: folder,
      adapter: LORA,
      train: examples.slice(0, TRAIN),
      validation: examples.slice(TRAIN),
      settings: SFT,
      seed,
    });
    await engine.newAdapter(READER, { folder: bestAdapter }, false);
    const asking = { prompt: PROMPT, maxTokens: MAX_TOKENS, seed };
    const pictures = tested.map((image) => ({ ...image, picture: drawPicture(image.plan.spec, SIZE) }));
    const [predictions = []] = await readPictures(engine, pictures, [READER], { ...asking, temperature: 0 });
    const readings = predictions.map((prediction, at) => readingOf(prediction, tested[at]?.labels ?? []));
    const own = { model: "sft", data: away.name, stated: LABELS, readings };
    const training = { stated: LABELS, images: trained.slice(0, TRAIN) };
    const judging = { resamples: RESAMPLES, level: LEVEL };
    const switches = await probeSwitches(
      engine,
      tested.slice(0, SWITCHED),
      { size: SIZE, planSeed: seed, style: world.styles },
      { ...asking, ...judging, adapter: READER, earlier: BASE, root: folder, fill: "mean" },
    );
    return {
      switches,
      convention: conventionProbe(own, null, training, { ...judging, seed }),
      validationLoss: bestValidationLoss,
    };
  } finally {
    for (const adapter of ["policy", READER]) await engine.free({ adapter }).catch(() => {});
    for (const handle of new Set(examples.map((example) => example.handle))) await engine.free({ handle });
    await rm(folder, { recursive: true, force: true });
  }
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
