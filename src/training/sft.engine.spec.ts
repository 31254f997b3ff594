import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { AdamWSettings, Engine } from "../engine/engine.ts";
import { readJsonLines } from "./json-lines.ts";
import { type SftExample, type SftRun, type SftSettings, trainSft } from "./sft.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";
import { freeAdapters, scoresOf, tinyEngine } from "./testing/tiny-engine.ts";
import { watchVerbs } from "./testing/watch-verbs.ts";

const SETTINGS: SftSettings = {
  epochs: 6,
  patience: 0,
  batch: 4,
  microBatch: 2,
  learningRate: 3e-3,
  schedule: { kind: "constant", warmup: 0 },
  weightDecay: 0.01,
  clipNorm: 5,
  normalisation: "token-mean",
  checkpointEvery: 100,
};

const stepSchema = z.object({
  kind: z.literal("step"),
  step: z.int(),
  loss: z.number(),
  tokenAccuracy: z.number(),
  learningRate: z.number(),
  gradientNorm: z.number(),
  outcome: z.literal("applied"),
});
const validationSchema = z.object({
  kind: z.literal("validation"),
  step: z.int(),
  loss: z.number(),
  tokenAccuracy: z.number(),
});

const tiny = tinyEngine(12);
const scratch = scratchFolders();
let runFolder = "";
beforeEach(async () => {
  runFolder = await scratch();
});
afterEach(() => freeAdapters(tiny().engine));

const train = (change: Partial<SftRun> & { readonly with?: Partial<SftSettings> } = {}) => {
  const { engine, examples } = tiny();
  return trainSft({
    engine,
    runFolder,
    adapter: { kind: "lora", rank: 8, alpha: 16, dropout: 0 },
    train: examples.slice(0, 8),
    validation: examples.slice(8, 12),
    seed: 7,
    ...change,
    settings: { ...SETTINGS, ...change.with },
  });
};

async function metrics() {
  const rows = await readJsonLines(path.join(runFolder, "metrics.jsonl"));
  const of = <T>(schema: z.ZodType<T>) =>
    rows.flatMap((row) => {
      const parsed = schema.safeParse(row);
      return parsed.success ? [parsed.data] : [];
    });
  return { steps: of(stepSchema), validations: of(validationSchema), rows: rows.length };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean negative log-likelihood over all tokens of the examples, each scored alone. */
async function meanLoss(engine: Engine, examples: readonly SftExample[], adapter: string): Promise<number> {
  const losses: number[] = [];
  for (const example of examples)
    losses.push(...(await scoresOf(engine, example, adapter)).logprob.map((logprob) => -logprob));
  return meanOf(losses);
}

describe("trainSft with the engine", () => {
  it("learns its examples, and leaves the base as it was", async () => {
    const { engine, examples } = tiny();
    const first = examples[0] ?? { handle: "", tokens: [] };
    const before = await scoresOf(engine, first, "");
    const outcome = await train();
    const { steps, rows, validations } = await metrics();
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(rows).toBe(steps.length + validations.length);
    const epochLoss = (from: number) => meanOf(steps.slice(from, from + 2).map(({ loss }) => loss));
    expect(epochLoss(10)).toBeLessThan(0.7 * epochLoss(0));
    expect(steps.at(-1)?.tokenAccuracy).toBeGreaterThan(steps[0]?.tokenAccuracy ?? 1);
    expect(outcome).toMatchObject({ stopped: "epochs", lastStep: 12 });
    expect(await scoresOf(engine, first, "")).toEqual(before);
  });

  it("logs at step 1 the mean negative log-likelihood of the answers' tokens alone", async () => {
    const { engine, examples } = tiny();
    const batch = examples.slice(0, 8);
    await train({ with: { epochs: 1, batch: 8, microBatch: 3 } });
    const { steps, validations } = await metrics();
    // A new LoRA adds nothing, so the base model scores alike. Each answer's second half is scored as a completion of
    // the prompt that the first half prolongs: nothing but answer tokens is in the sum.
    const losses: number[] = [];
    const correct: boolean[] = [];
    for (const { handle, tokens } of batch) {
      const half = Math.floor(tokens.length / 2);
      const longer = await engine.extend(handle, tokens.slice(0, half));
      for (const part of [
        await scoresOf(engine, { handle, tokens: tokens.slice(0, half) }, ""),
        await scoresOf(engine, { handle: longer.handle, tokens: tokens.slice(half) }, ""),
      ]) {
        losses.push(...part.logprob.map((logprob) => -logprob));
        correct.push(...part.argmax);
      }
    }
    expect(losses).toHaveLength(batch.reduce((sum, { tokens }) => sum + tokens.length, 0));
    expect(steps).toHaveLength(1);
    expect(steps[0]?.loss).toBeCloseTo(meanOf(losses), 4);
    expect(steps[0]?.tokenAccuracy).toBeCloseTo(correct.filter(Boolean).length / correct.length, 12);
    expect(validations[0]?.loss).toBeCloseTo(await meanLoss(engine, examples.slice(8, 12), ""), 4);
  });

  it("takes the same first steps whether rows are packed by tokens or go one by one", async () => {
    const norms: number[][] = [];
    for (const microBatch of [1, { tokens: 2000 }] as const) {
      runFolder = await scratch();
      await train({ with: { epochs: 1, batch: 8, microBatch } });
      norms.push((await metrics()).steps.map(({ gradientNorm }) => gradientNorm));
      await freeAdapters(tiny().engine);
    }
    expect(norms[0]?.length).toBeGreaterThan(0);
    for (const [index, norm] of (norms[0] ?? []).entries())
      expect(Math.abs((norms[1]?.[index] ?? Number.NaN) / norm - 1)).toBeLessThan(1e-4);
  });

  it("weighs each answer alike when normalised by sequence", async () => {
    const { engine, examples } = tiny();
    const batch = examples.slice(0, 4);
    await train({ train: batch, with: { epochs: 1, normalisation: "sequence-mean" } });
    const means: number[] = [];
    for (const example of batch) means.push(await meanLoss(engine, [example], ""));
    expect((await metrics()).steps[0]?.loss).toBeCloseTo(meanOf(means), 4);
    expect(Math.abs(meanOf(means) - (await meanLoss(engine, batch, "")))).toBeGreaterThan(1e-3);
  });

  it("follows the schedule, in its log and in what the engine is told", async () => {
    const told: number[] = [];
    const engine = watchVerbs(tiny().engine, {
      before: (verb, _, given) => {
        if (verb === "step") told.push((given[2] as AdamWSettings).learningRate);
      },
    });
    await train({
      engine,
      with: { epochs: 4, learningRate: 2e-3, schedule: { kind: "cosine", warmup: 0.25 } },
    });
    // 8 updates, of which 2 warm up; then half a cosine over the other 6.
    const expected = [0, 1e-3, ...[0, 1, 2, 3, 4, 5].map((i) => 1e-3 * (1 + Math.cos((Math.PI * i) / 6)))];
    const logged = (await metrics()).steps.map(({ learningRate }) => learningRate);
    expect(logged).toHaveLength(8);
    for (const [index, rate] of expected.entries()) expect(logged[index]).toBeCloseTo(rate, 12);
    expect(told).toEqual(logged);
  });

  it("stops by patience when answers learnt by heart hurt the others, and keeps the best on disk", async () => {
    const { engine, examples } = tiny();
    const outcome = await train({
      train: examples.slice(0, 2),
      with: { epochs: 60, patience: 2, batch: 2, learningRate: 3e-2 },
    });
    const { validations } = await metrics();
    expect(outcome.stopped).toBe("patience");
    // One update an epoch: the end is two epochs after the best.
    expect(outcome.lastStep).toBe(outcome.bestStep + 2);
    expect(validations.at(-1)?.step).toBe(outcome.lastStep);
    const trained = validations.filter(({ step }) => step > 0);
    expect(Math.min(...trained.map(({ loss }) => loss))).toBe(outcome.bestValidationLoss);
    expect(trained.find(({ loss }) => loss === outcome.bestValidationLoss)?.step).toBe(outcome.bestStep);
    await engine.newAdapter("kept", { folder: outcome.bestAdapter }, false);
    expect(await meanLoss(engine, examples.slice(8, 12), "kept")).toBeCloseTo(outcome.bestValidationLoss, 4);
  });

  it("drops out in training, by the seed alone, and never in validation", async () => {
    const { engine, examples } = tiny();
    const runs = [];
    for (const dropout of [0, 0.3, 0.3]) {
      await freeAdapters(engine);
      runFolder = await scratch();
      const outcome = await train({
        train: examples.slice(0, 4),
        adapter: { kind: "lora", rank: 8, alpha: 16, dropout },
        with: { epochs: 2 },
      });
      runs.push({ ...(await metrics()), outcome });
    }
    const [none, first, again] = runs;
    expect(again?.steps).toEqual(first?.steps);
    // B is zero at first, so that dropout shows from the second update on.
    expect(first?.steps[0]?.loss).toBe(none?.steps[0]?.loss);
    expect(first?.steps[1]?.loss).not.toBe(none?.steps[1]?.loss);
    // Two updates on, the policy's validation is its score without dropout.
    const losses = await meanLoss(engine, examples.slice(8, 12), "policy");
    expect(again?.validations.at(-1)?.loss).toBeCloseTo(losses, 4);
  });
});
