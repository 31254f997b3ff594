import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseCompletion } from "../completions/parse-completion.ts";
import type { TokenScores } from "../engine/engine.ts";
import { LABELS, type Label } from "../labels/label.ts";
import { type Reward, type RewardedCompletion, scoreOf } from "../rewards/reward.ts";
import { trainGrpo } from "./grpo.ts";
import type { GrpoRun, GrpoTrainSettings } from "./grpo-run.ts";
import { readJsonLines } from "./json-lines.ts";
import { trainSft } from "./sft.ts";
import { homeSet, UNMOVED } from "./testing/home-set.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";
import { freeAdapters, scoresOf, tinyEngine } from "./testing/tiny-engine.ts";
import { watchVerbs } from "./testing/watch-verbs.ts";

const SETTINGS: GrpoTrainSettings = {
  clipLow: 0.15,
  clipHigh: 0.22,
  beta: 0,
  normalisation: "constant",
  advantage: "none",
  truncated: "keep",
  collapse: UNMOVED,
  chooseBy: "jaccard",
  promptsPerRollout: 2,
  updatesPerRollout: 3,
  epochs: 1,
  microBatch: 2,
  groupSize: 4,
  temperature: 1,
  topP: 1,
  maxTokens: 96,
  learningRate: 3e-3,
  schedule: { kind: "constant", warmup: 0 },
  weightDecay: 0,
  clipNorm: 0,
  checkpointEvery: 100,
  validateEvery: 100,
};

const rolloutSchema = z.object({
  kind: z.literal("rollout"),
  rollout: z.int(),
  step: z.int(),
  reward: z.number(),
  components: z.record(z.string(), z.number()),
  length: z.number(),
  failureRate: z.number(),
  labelShares: z.record(z.enum(LABELS), z.number()),
  zeroVarianceGroups: z.int(),
  updates: z.array(
    z.object({
      learningRate: z.number(),
      loss: z.number(),
      kl: z.number(),
      ratio: z.number(),
      clipFraction: z.number(),
      entropy: z.number(),
      gradientNorm: z.number(),
      outcome: z.literal("applied"),
    }),
  ),
});

const tiny = tinyEngine(10);
const scratch = scratchFolders();
let start = "";
let runFolder = "";
beforeAll(async () => {
  const { engine, examples } = tiny();
  const outcome = await trainSft({
    engine,
    runFolder: await scratch(),
    adapter: { kind: "lora", rank: 8, alpha: 16, dropout: 0.1 },
    train: examples.slice(0, 8),
    validation: examples.slice(8),
    settings: {
      epochs: 1,
      patience: 0,
      batch: 4,
      microBatch: 2,
      learningRate: 1e-3,
      schedule: { kind: "constant", warmup: 0 },
      weightDecay: 0,
      clipNorm: 0,
      normalisation: "token-mean",
      checkpointEvery: 100,
    },
    seed: 7,
  });
  start = outcome.bestAdapter;
  await freeAdapters(engine);
});
beforeEach(async () => {
  runFolder = await scratch();
});
afterEach(() => freeAdapters(tiny().engine));

const labelsIn = ({ text, finish }: RewardedCompletion): readonly Label[] => {
  const parsed = parseCompletion(text, { finish, mode: "strict", answer: "reasoned" });
  return parsed.outcome === "labels" ? parsed.labels : [];
};

/** Pays for short answers: it differs between nearly all completions. */
const short = ({ tokens }: RewardedCompletion): number => -tokens / 50;

/** A reward without a memory, from one completion. */
const paying =
  (pay: (completion: RewardedCompletion) => number): Reward =>
  (rollout) => ({ scores: rollout.map((one) => scoreOf({ pay: pay(one) })), state: null });

const train = (
  reward: Reward,
  change: Partial<GrpoRun> & { readonly with?: Partial<GrpoTrainSettings> } = {},
) => {
  const { engine, examples } = tiny();
  return trainGrpo({
    engine,
    runFolder,
    start,
    train: examples.slice(0, 4),
    validation: homeSet(examples.slice(8)),
    reward,
    answer: "reasoned",
    seed: 7,
    ...change,
    settings: { ...SETTINGS, ...change.with },
  });
};

async function rollouts() {
  const rows = await readJsonLines(path.join(runFolder, "metrics.jsonl"));
  return rows.flatMap((row) => {
    const parsed = rolloutSchema.safeParse(row);
    return parsed.success ? [parsed.data] : [];
  });
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const weightsOf = (adapter: string) => readFile(path.join(adapter, "adapter_model.safetensors"));

describe("trainGrpo with the engine", () => {
  it("has a ratio of exactly 1 in a rollout's first update, and really clips in the later ones", async () => {
    await train(paying(short), { with: { beta: 0.15 } });
    const rows = await rollouts();
    expect(rows).toHaveLength(2);
    for (const { updates } of rows) {
      const [first, ...later] = updates;
      expect(first).toMatchObject({ ratio: 1, clipFraction: 0 });
      expect(later).toHaveLength(2);
      for (const { ratio, clipFraction } of later) {
        expect(ratio).not.toBe(1);
        expect(clipFraction).toBeGreaterThan(0);
        expect(clipFraction).toBeLessThan(1);
      }
    }
    const kls = rows.flatMap(({ updates }) => updates.map(({ kl }) => kl));
    expect(kls[0]).toBe(0);
    for (const kl of kls.slice(1)) expect(kl).toBeGreaterThan(0);
  });

  it("holds the policy to a reference that never moves", async () => {
    const { engine, examples } = tiny();
    const fixed = examples[0] ?? { handle: "", tokens: [] };
    await engine.newAdapter("start", { folder: start }, false);
    const atStart = await scoresOf(engine, fixed, "start");
    const reference: TokenScores[] = [];
    const policy: TokenScores[] = [];
    const watched = watchVerbs(engine, {
      before: async (verb) => {
        if (verb !== "step" && verb !== "saveState") return;
        reference.push(await scoresOf(engine, fixed, "reference"));
        policy.push(await scoresOf(engine, fixed, "policy"));
      },
    });
    await train(paying(short), { engine: watched });
    // Six updates, and the checkpoints before the first and after the last.
    expect(reference).toHaveLength(8);
    for (const scores of reference) expect(scores).toEqual(atStart);
    expect(policy[0]).toEqual(atStart);
    expect(policy.at(-1)).not.toEqual(atStart);
  });

  it("moves nothing by a reward that is always the same", async () => {
    // Three times 0.1 is not 0.3: a mean that rounds would show.
    const outcome = await train(
      paying(() => 0.1),
      { with: { groupSize: 3 } },
    );
    for (const { updates, zeroVarianceGroups } of await rollouts()) {
      expect(zeroVarianceGroups).toBe(2);
      for (const { gradientNorm, loss } of updates) {
        expect(gradientNorm).toBe(0);
        expect(Math.abs(loss)).toBe(0);
      }
    }
    expect(outcome.lastRollout).toBe(2);
    expect(await weightsOf(outcome.lastAdapter)).toEqual(await weightsOf(start));
  });

  it("strays less from the reference the more that costs", async () => {
    const strayed: number[] = [];
    for (const beta of [0, 3]) {
      await freeAdapters(tiny().engine);
      runFolder = await scratch();
      await train(paying(short), { with: { beta } });
      strayed.push((await rollouts()).at(-1)?.updates.at(-1)?.kl ?? Number.NaN);
    }
    const [free, held] = strayed;
    expect(held).toBeLessThan(0.5 * (free ?? 0));
  });

  it("raises what is paid for: the share of one label", async () => {
    await train(
      paying((one) => (labelsIn(one).includes("Support Devices") ? 1 : 0)),
      { with: { epochs: 9, updatesPerRollout: 2, learningRate: 1e-3 } },
    );
    const rows = await rollouts();
    expect(rows).toHaveLength(18);
    const share = (from: number, to: number) =>
      meanOf(rows.slice(from, to).map(({ labelShares }) => labelShares["Support Devices"] ?? 0));
    const pay = (from: number, to: number) => meanOf(rows.slice(from, to).map(({ reward }) => reward));
    expect(share(14, 18)).toBeGreaterThan(share(0, 4) + 0.25);
    expect(pay(14, 18)).toBeGreaterThan(pay(0, 4) + 0.25);
  });
});
