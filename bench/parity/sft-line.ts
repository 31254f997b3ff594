import { mkdir } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { formatCompletion } from "../../src/completions/format-completion.ts";
import { planSite } from "../../src/datasets/phantom/plan-site.ts";
import { renderPhantom } from "../../src/datasets/phantom/render-phantom.ts";
import { PHANTOM_MIMIC } from "../../src/datasets/phantom/sites.ts";
import { labelImages } from "../../src/datasets/phantom/write-site.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";
import { positiveLabels } from "../../src/labels/policy.ts";
import { promptByName } from "../../src/prompts/builtin-prompts.ts";
import { promptMessages } from "../../src/prompts/chat-message.ts";
import { freeReading } from "../../src/teacher/free-reading.ts";
import { readJsonLines } from "../../src/training/json-lines.ts";
import { type SftExample, type SftSettings, trainSft } from "../../src/training/sft.ts";
import { watchVerbs } from "../../src/training/testing/watch-verbs.ts";
import { randomStream } from "../../src/util/random.ts";

/** The side of the pictures: as the model's tower takes them, so that nothing is resampled on either side. */
const PIXELS = 112;
const SEED = 3;
const IMAGES = 44;

export const SFT_LORA = { rank: 16, alpha: 32, dropout: 0 } as const;

/** 50 updates: 40 traces, 4 an update, 5 passes. Gradients are longer than 1 at first, so clipping acts. */
export const SFT_SETTINGS: SftSettings = {
  epochs: 5,
  patience: 0,
  batch: 4,
  microBatch: 4,
  learningRate: 1e-3,
  schedule: { kind: "cosine", warmup: 0.05 },
  weightDecay: 0.01,
  clipNorm: 1,
  normalisation: "token-mean",
  checkpointEvery: 1000,
};

/** What our own run did, for TRL to do over. */
export interface SftLine {
  /** The adapter as drawn, before the first update. */
  readonly start: string;
  /** Text of the user's turn beside the picture. */
  readonly prompt: string;
  readonly examples: readonly { readonly id: string; readonly tokens: readonly number[] }[];
  /** Ids of each update, in order. */
  readonly batches: readonly (readonly string[])[];
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
  readonly tokenAccuracy: readonly number[];
}

/** Runs our SFT on drawn chests; leaves pictures (`<id>.png`) and the first adapter (`start`) in `work`. */
export async function sftLine(engine: Engine, work: string): Promise<SftLine> {
  await mkdir(work, { recursive: true });
  await engine.load({
    source: path.join(PACKAGE_ROOT, "models/phantom-gemma3"),
    dtype: "float32",
    threads: 1,
  });
  const messages = promptMessages(promptByName("free"));
  const pictures = labelImages(PHANTOM_MIMIC, SEED, planSite(PHANTOM_MIMIC, SEED, 2 * IMAGES))
    .filter(({ image, labels }) => image.view !== "lateral" && positiveLabels(labels).length > 0)
    .slice(0, IMAGES);
  const drawn = pictures.map(({ image }) => renderPhantom(image.spec, PIXELS));
  const prepared = await engine.prepare(
    drawn.map(({ width, height, data }) => ({
      messages,
      images: [{ width, height, channels: 1, pixels: data }],
    })),
  );
  const tokens = await engine.tokenize(
    pictures.map(({ labels }, index) => {
      const positive = positiveLabels(labels);
      // Backwards: the model knows readings as they are, and there would be little to learn.
      const think = freeReading(positive, "AP", randomStream(SEED, index)).split(" ").reverse().join(" ");
      return formatCompletion({ think, labels: positive });
    }),
  );
  const examples: SftExample[] = [];
  for (const [index, { width, height, data }] of drawn.entries()) {
    const id = `image-${index}`;
    await sharp(data, { raw: { width, height, channels: 1 } })
      .png()
      .toFile(path.join(work, `${id}.png`));
    const { handle = "", tokens: promptTokens = 0 } = prepared[index] ?? {};
    examples.push({ id, handle, promptTokens, tokens: tokens[index] ?? [] });
  }

  const start = path.join(work, "start");
  const batches: string[][] = [];
  const idOf = new Map(examples.map(({ handle, id }) => [handle, id]));
  const watched = watchVerbs(engine, {
    before: (verb, _, [request]) => {
      const { groups, gradients } = request as { groups: { handle: string }[]; gradients?: unknown };
      if (verb === "forward" && gradients !== undefined)
        batches.push(groups.map(({ handle }) => idOf.get(handle) ?? ""));
    },
    after: async (verb, _, [name]) => {
      if (verb === "newAdapter") await engine.saveState(String(name), start, { optimizer: false });
    },
  });
  const runFolder = path.join(work, "run");
  await trainSft({
    engine: watched,
    runFolder,
    adapter: { kind: "lora", ...SFT_LORA },
    train: examples.slice(0, 40),
    validation: examples.slice(40),
    settings: SFT_SETTINGS,
    seed: SEED,
  });
  const rows = (await readJsonLines(path.join(runFolder, "metrics.jsonl"))) as {
    kind: string;
    loss: number;
    gradientNorm: number;
    tokenAccuracy: number;
  }[];
  const steps = rows.filter(({ kind }) => kind === "step");
  return {
    start,
    prompt: promptByName("free").text,
    examples: examples.map(({ id, tokens: given }) => ({ id, tokens: given })),
    batches,
    losses: steps.map(({ loss }) => loss),
    gradientNorms: steps.map(({ gradientNorm }) => gradientNorm),
    tokenAccuracy: steps.map(({ tokenAccuracy }) => tokenAccuracy),
  };
}
