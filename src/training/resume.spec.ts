import { cp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Engine } from "../engine/engine.ts";
import type { Reward } from "../rewards/reward.ts";
import { mapParallel } from "../util/map-parallel.ts";
import { folderBytes } from "../util/testing/folder-bytes.ts";
import { trainGrpo } from "./grpo.ts";
import { trainSft } from "./sft.ts";
import { homeSet, UNMOVED } from "./testing/home-set.ts";
import { scalarEngine } from "./testing/scalar-engine.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";
import { watchVerbs } from "./testing/watch-verbs.ts";

// With the one-weight engine a run takes milliseconds, so that it can be broken off at every call it makes of its
// engine. The same with the real engine, and by kill -9: resume.engine.spec.ts.

const CHECKPOINT_EVERY = 2;
/** Runs side by side: they wait for the disk. */
const AT_ONCE = 8;

async function sft(engine: Engine, runFolder: string): Promise<void> {
  const example = (tokens: number[], index: number) => ({
    id: `${index}`,
    handle: `h-${index}`,
    promptTokens: 10,
    tokens,
  });
  await trainSft({
    engine,
    runFolder,
    adapter: { kind: "lora", rank: 1, alpha: 1, dropout: 0.1 },
    train: [[1, 2], [3], [2, 2, 2], [1], [4, 1], [9, 2]].map(example),
    validation: [[4], [4, 3]].map(example),
    settings: {
      epochs: 5,
      patience: 2,
      batch: 2,
      microBatch: 1,
      learningRate: 0.2,
      schedule: { kind: "cosine", warmup: 0.1 },
      weightDecay: 0.01,
      clipNorm: 0,
      normalisation: "token-mean",
      checkpointEvery: CHECKPOINT_EVERY,
    },
    seed: 7,
  });
}

/** A reward with a memory: what it pays depends on all rollouts before. */
const remembering: Reward = (rollout, _, state) => {
  const before = typeof state === "number" ? state : 0;
  return {
    scores: rollout.map(({ tokens }) => ({ total: Math.sin(tokens + before), components: { before } })),
    state: before + rollout.reduce((sum, { tokens }) => sum + tokens, 0),
  };
};

async function grpo(engine: Engine, runFolder: string): Promise<void> {
  const start = path.join(runFolder, "..", "start");
  const maker = scalarEngine();
  await maker.newAdapter("start", { lora: { rank: 1, alpha: 1, dropout: 0, seed: 1 } }, true);
  await maker.saveState("start", start, { optimizer: false });
  const example = (index: number) => ({
    id: `${index}`,
    patient: `${index}`,
    handle: `h-${index}`,
    promptTokens: 10,
    truth: ["Edema" as const],
  });
  await trainGrpo({
    engine,
    runFolder,
    start,
    train: [0, 1, 2, 3, 4].map(example),
    validation: [
      ...homeSet([5, 6, 7].map(example)),
      { data: "elsewhere", stated: ["Edema"], examples: [8, 9].map(example) },
    ],
    reward: remembering,
    answer: "reasoned",
    settings: {
      clipLow: 0.15,
      clipHigh: 0.22,
      beta: 0.15,
      normalisation: "constant",
      advantage: "none",
      truncated: "mask",
      // Goes back to a checkpoint within these few rollouts: that, too, must come back the same.
      collapse: { ...UNMOVED, action: "restore", entropyFloor: 0.9 },
      chooseBy: "macroF1",
      promptsPerRollout: 2,
      updatesPerRollout: 2,
      epochs: 2,
      microBatch: 2,
      groupSize: 3,
      temperature: 0.8,
      topP: 0.95,
      maxTokens: 6,
      learningRate: 0.5,
      schedule: { kind: "cosine", warmup: 0.1 },
      weightDecay: 0.01,
      clipNorm: 0,
      checkpointEvery: CHECKPOINT_EVERY,
      validateEvery: 3,
    },
    seed: 7,
  });
}

const scratch = scratchFolders();

interface Call {
  readonly verb: string;
  readonly moment: "before" | "after";
}

/** Runs, and breaks off at the n-th moment that the engine is called or has answered. Gives the moments heard. */
async function runUntil(
  run: (engine: Engine, folder: string) => Promise<void>,
  folder: string,
  last = Number.POSITIVE_INFINITY,
): Promise<Call[]> {
  const heard: Call[] = [];
  const hear = (moment: Call["moment"]) => (verb: string) => {
    heard.push({ verb, moment });
    if (heard.length >= last) throw new Error("broken off");
  };
  const engine = watchVerbs(scalarEngine(), { before: hear("before"), after: hear("after") });
  await run(engine, folder).catch((error: Error) => {
    if (error.message !== "broken off") throw error;
  });
  return heard;
}

const stepsIn = (calls: readonly Call[]) =>
  calls.filter(({ verb, moment }) => verb === "step" && moment === "after").length;

describe.each([
  { name: "sft", run: sft, repeated: CHECKPOINT_EVERY, parts: ['"kind":"validation"'] },
  {
    name: "grpo",
    run: grpo,
    repeated: CHECKPOINT_EVERY * 2,
    parts: ['"kind":"validation"', '"hospitals"', '"action":"restore"'],
  },
])("$name, broken off at any call and run again", ({ run, repeated, parts }) => {
  it("ends in the same bytes and repeats at most one checkpoint interval", async () => {
    const undisturbed = path.join(await scratch(), "run");
    const calls = await runUntil(run, undisturbed);
    const wanted = await folderBytes(undisturbed);
    const metrics = await readFile(path.join(undisturbed, "metrics.jsonl"), "utf8");
    for (const part of parts) expect(metrics).toContain(part);
    expect(stepsIn(calls)).toBeGreaterThan(3 * CHECKPOINT_EVERY);

    const root = await scratch();
    const places = calls.map((_, index) => index + 1);
    await mapParallel(places, AT_ONCE, async (last) => {
      const folder = path.join(root, String(last), "run");
      const first = await runUntil(run, folder, last);
      expect(first).toHaveLength(last);
      const second = await runUntil(run, folder);
      const place = `broken off at call ${last}, ${first.at(-1)?.moment} ${first.at(-1)?.verb}`;
      expect(await folderBytes(folder), place).toEqual(wanted);
      expect(stepsIn(first) + stepsIn(second), place).toBeLessThanOrEqual(stepsIn(calls) + repeated);
      await rm(path.dirname(folder), { recursive: true });
    });
  });

  it("ends in the same bytes where older checkpoints were not yet gone", async () => {
    const folder = path.join(await scratch(), "run");
    await runUntil(run, folder);
    const wanted = await folderBytes(folder);
    const checkpoints = path.join(folder, "checkpoints");
    const [whole = ""] = await readdir(checkpoints);
    for (const left of ["step-1", "partial-2"])
      await cp(path.join(checkpoints, whole), path.join(checkpoints, left), { recursive: true });
    await runUntil(run, folder);
    expect(await folderBytes(folder)).toEqual(wanted);
  });
});
