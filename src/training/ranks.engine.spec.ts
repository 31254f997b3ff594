import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { AdamWSettings, Engine } from "../engine/engine.ts";
import { type LaunchedEngine, launchEngine } from "../engine/launch-engine.ts";
import { isRunning } from "../engine/testing/is-running.ts";
import { folderBytes } from "../util/testing/folder-bytes.ts";
import { checkpointSteps } from "./checkpoint.ts";
import { type SftSettings, trainSft } from "./sft.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";
import { freeAdapters } from "./testing/tiny-engine.ts";
import { type TinyExample, tinyLine } from "./testing/tiny-line.ts";
import { watchVerbs } from "./testing/watch-verbs.ts";

// Two ranks of the real engine, with gloo between them, beside one. Starts the engine five times.

/** The last batch is odd: one rank has nothing in its last micro-batch, and adds zeros. */
const TRAIN = 7;
const IMAGES = 9;
const RELATIVE = 1e-4;
const SETTINGS: SftSettings = {
  epochs: 2,
  patience: 0,
  batch: 4,
  microBatch: 2,
  learningRate: 2e-3,
  schedule: { kind: "cosine", warmup: 0.2 },
  weightDecay: 0.01,
  clipNorm: 0.5,
  normalisation: "token-mean",
  checkpointEvery: 1,
};
const UPDATES = 4;
const ADAMW: AdamWSettings = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  clipNorm: 1,
};

interface Line {
  readonly launched: LaunchedEngine;
  readonly examples: readonly TinyExample[];
}

const scratch = scratchFolders();
const launches: LaunchedEngine[] = [];
let alone: Line;
let pool: Line;
/** Of the pool, trained undisturbed. */
let whole = "";

async function start(ranks: number, logFolder: string): Promise<Line> {
  const launched = await launchEngine({ ranks, logFolder });
  launches.push(launched);
  return { launched, examples: await tinyLine(launched.engine, IMAGES) };
}

async function train(engine: Engine, examples: readonly TinyExample[], runFolder: string): Promise<void> {
  await trainSft({
    engine,
    runFolder,
    // Dropout's masks are each rank's own; without it the numbers are one rank's.
    adapter: { kind: "lora", rank: 4, alpha: 8, dropout: 0 },
    train: examples.slice(0, TRAIN),
    validation: examples.slice(TRAIN),
    settings: SETTINGS,
    seed: 7,
  });
}

const rowSchema = z.looseObject({ kind: z.string(), loss: z.number(), gradientNorm: z.number().optional() });
const rowsOf = (folder: string) =>
  readFileSync(path.join(folder, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => rowSchema.parse(JSON.parse(line)));

beforeAll(async () => {
  const logs = await scratch();
  [alone, pool] = await Promise.all([start(1, logs), start(2, logs)]);
  whole = path.join(await scratch(), "run");
});
afterAll(() => Promise.all(launches.map((launched) => launched.close())));

describe("two ranks", () => {
  it("say what they are", async () => {
    expect(await pool.launched.engine.describe()).toMatchObject({ ranks: 2, device: "2 ranks: cpu" });
    expect(await alone.launched.engine.describe()).toMatchObject({ ranks: 1, device: "cpu" });
    expect(pool.examples).toEqual(alone.examples);
  });

  it("train as one does", async () => {
    const folder = path.join(await scratch(), "run");
    await train(alone.launched.engine, alone.examples, folder);
    await train(pool.launched.engine, pool.examples, whole);
    const [wanted, found] = [rowsOf(folder), rowsOf(whole)];
    expect(found.map(({ kind }) => kind)).toEqual(wanted.map(({ kind }) => kind));
    expect(found.filter(({ kind }) => kind === "step")).toHaveLength(UPDATES);
    for (const [at, row] of found.entries())
      for (const key of ["loss", "gradientNorm"] as const) {
        const reference = wanted[at]?.[key];
        if (reference === undefined) continue;
        expect(Math.abs((row[key] ?? Number.NaN) / reference - 1), `${key} of row ${at}`).toBeLessThan(
          RELATIVE,
        );
      }
    // The weights have moved by far more than the tolerance.
    const [first, last] = [found[0]?.loss ?? 0, found.at(-1)?.loss ?? 0];
    expect(Math.abs(last / first - 1)).toBeGreaterThan(50 * RELATIVE);
  });

  it("score, sample and go backward as one does, over a ticket of both", async () => {
    const one = async ({ launched: { engine }, examples }: Line) => {
      const groups = examples.slice(0, 3).map(({ handle, tokens }) => ({ handle, completions: [tokens] }));
      await freeAdapters(engine);
      await engine.newAdapter("policy", { folder: path.join(whole, "checkpoints/step-4/adapter") }, true);
      const forward = await engine.forward({ groups, adapter: "policy", keepGraph: true });
      await engine.backward(
        forward.ticket,
        groups.map(({ completions }, g) => completions.map((tokens) => tokens.map((_, t) => g - t / 50))),
      );
      const step = await engine.step("policy", 1, ADAMW);
      const sampled = await engine.sample({
        prompts: examples.slice(0, 3).map(({ handle }, p) => ({ handle, seeds: [BigInt(p), 9n] })),
        adapter: "policy",
        temperature: 1,
        topP: 0.9,
        maxTokens: 8,
      });
      return { scores: forward.groups.flat().flatMap(({ logprob }) => logprob), step, sampled };
    };
    const [wanted, found] = [await one(alone), await one(pool)];
    for (const [at, value] of found.scores.entries())
      expect(Math.abs(value - (wanted.scores[at] ?? Number.NaN))).toBeLessThan(1e-4);
    expect(Math.abs(found.step.gradientNorm / wanted.step.gradientNorm - 1)).toBeLessThan(RELATIVE);
    const said = ({ sampled }: typeof found) =>
      sampled.map((row) => row.map(({ prompt, completion, text }) => [prompt, completion, text]));
    expect(said(found)).toEqual(said(wanted));
  });

  it("end in one line when one is killed, leave no process, and go on to the same bytes", async () => {
    const { launched, examples } = pool;
    const [, killed = 0] = launched.pids;
    const folder = path.join(await scratch(), "run");
    await freeAdapters(launched.engine);
    // In the third update: the other rank waits in Step for the gradient of the dead one.
    const mortal = watchVerbs(launched.engine, {
      before: (verb, count) => {
        if (verb === "step" && count === 3) process.kill(killed, "SIGKILL");
      },
    });
    const failure = await train(mortal, examples, folder).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "EngineError", fault: "dead", exitCode: 3 });
    const { message } = failure as Error;
    expect(message).toMatch(
      new RegExp(`^rank 1 of 2 \\(process ${killed}\\) ended with SIGKILL.*\\(its log: `),
    );
    expect(message).not.toContain("\n");
    const log = /its log: (.+?)\)/.exec(message)?.[1] ?? "";
    expect(path.basename(log)).toBe("engine-rank-1.log");
    expect(existsSync(log)).toBe(true);
    await launched.close();
    expect(launched.pids.map(isRunning)).toEqual([false, false]);
    expect(await checkpointSteps(folder)).toContain(2);

    const next = await start(2, await scratch());
    await train(next.launched.engine, next.examples, folder);
    // That a run begun anew gives the same bytes is said by this, too.
    expect(await folderBytes(folder)).toEqual(await folderBytes(whole));
  });
});
