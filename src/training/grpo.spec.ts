import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { formatCompletion } from "../completions/format-completion.ts";
import type { AdamWSettings, Engine, ForwardRequest } from "../engine/engine.ts";
import type { Reward } from "../rewards/reward.ts";
import { checkpointSteps } from "./checkpoint.ts";
import { trainGrpo } from "./grpo.ts";
import type { GrpoRun, GrpoTrainSettings } from "./grpo-run.ts";
import { readJsonLines } from "./json-lines.ts";
import type { GrpoExample } from "./rollout.ts";
import { homeSet, UNMOVED } from "./testing/home-set.ts";
import { scalarEngine } from "./testing/scalar-engine.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";
import { watchVerbs } from "./testing/watch-verbs.ts";

const SETTINGS: GrpoTrainSettings = {
  clipLow: 0.15,
  clipHigh: 0.22,
  beta: 0.15,
  normalisation: "constant",
  advantage: "none",
  truncated: "keep",
  collapse: UNMOVED,
  chooseBy: "jaccard",
  promptsPerRollout: 2,
  updatesPerRollout: 2,
  epochs: 2,
  microBatch: 2,
  groupSize: 3,
  temperature: 0.8,
  topP: 0.95,
  maxTokens: 6,
  learningRate: 0.5,
  schedule: { kind: "cosine", warmup: 0.25 },
  weightDecay: 0.01,
  clipNorm: 2,
  checkpointEvery: 100,
  validateEvery: 2,
};
const example = (index: number): GrpoExample => ({
  id: `image-${index}`,
  patient: `${index}`,
  handle: `h-${index}`,
  promptTokens: 10,
  truth: ["Edema"],
});
const byLength: Reward = (rollout) => ({
  scores: rollout.map(({ tokens }) => ({ total: tokens, components: { tokens } })),
  state: null,
});

const scratch = scratchFolders();
let runFolder = "";
let start = "";
beforeEach(async () => {
  const folder = await scratch();
  runFolder = path.join(folder, "run");
  start = path.join(folder, "start");
  const maker = scalarEngine();
  await maker.newAdapter("start", { lora: { rank: 1, alpha: 1, dropout: 0, seed: 1 } }, true);
  await maker.saveState("start", start, { optimizer: false });
});

const train = (change: Partial<GrpoRun> & { readonly with?: Partial<GrpoTrainSettings> } = {}) =>
  trainGrpo({
    engine: scalarEngine(),
    runFolder,
    start,
    train: [0, 1, 2, 3, 4].map(example),
    validation: homeSet([5, 6].map(example)),
    reward: byLength,
    answer: "reasoned",
    seed: 7,
    ...change,
    settings: { ...SETTINGS, ...change.with },
  });

const rowsOf = async (file: string) =>
  (await readJsonLines(path.join(runFolder, file))) as Record<string, unknown>[];

/** The one-weight engine whose n-th validation has this share of right answers among two. */
function withValidations(right: readonly number[]): Engine {
  const engine = scalarEngine();
  let next = 0;
  return {
    ...engine,
    async sample(request) {
      const groups = await engine.sample(request);
      if (request.temperature > 0) return groups;
      const count = right[next++] ?? 0;
      return groups.map((group, index) =>
        group.map((completion) => ({
          ...completion,
          finish: "stop" as const,
          text: formatCompletion({ think: "x", labels: [index < count ? "Edema" : "Fracture"] }),
        })),
      );
    },
  };
}

describe("trainGrpo", () => {
  it("takes every image once an epoch, in orders that differ, in rollouts whose last is short", async () => {
    const handles: string[][] = [];
    const engine = watchVerbs(scalarEngine(), {
      before: (verb, _, [request]) => {
        const { prompts, temperature } = request as {
          prompts: { handle: string }[];
          temperature: number;
        };
        if (verb === "sample" && temperature > 0) handles.push(prompts.map(({ handle }) => handle));
      },
    });
    await train({ engine });
    expect(handles.map((list) => list.length)).toEqual([2, 2, 1, 2, 2, 1]);
    const [first, second] = [handles.slice(0, 3).flat(), handles.slice(3).flat()];
    expect([...first].sort()).toEqual(["h-0", "h-1", "h-2", "h-3", "h-4"]);
    expect([...second].sort()).toEqual([...first].sort());
    expect(second).not.toEqual(first);
  });

  it("scores the reference by the frozen start alone, once a group, and learns by the policy alone", async () => {
    const asked: { adapter: string; learns: boolean }[] = [];
    const engine = watchVerbs(scalarEngine(), {
      before: (verb, _, [request]) => {
        if (verb !== "forward") return;
        const { adapter, keepGraph } = request as { adapter: string; keepGraph?: boolean };
        asked.push({ adapter, learns: keepGraph === true });
      },
    });
    await train({ engine, with: { epochs: 1, microBatch: 1 } });
    const by = (learns: boolean) =>
      asked.filter((one) => one.learns === learns).map(({ adapter }) => adapter);
    expect(by(false)).toEqual(Array(5).fill("reference"));
    expect(new Set(by(true))).toEqual(new Set(["policy"]));
  });

  it("makes the updates asked for on each rollout, on one schedule, with the settings given", async () => {
    const told: [number, AdamWSettings][] = [];
    const engine = watchVerbs(scalarEngine(), {
      before: (verb, _, [, step, adamw]) => {
        if (verb === "step") told.push([step as number, adamw as AdamWSettings]);
      },
    });
    await train({ engine });
    // 12 updates, of which 3 warm up; then half a cosine over the other 9.
    const rates = Array.from({ length: 12 }, (_, i) =>
      i < 3 ? (0.5 * i) / 3 : 0.25 * (1 + Math.cos((Math.PI * (i - 3)) / 9)),
    );
    expect(told.map(([step]) => step)).toEqual(rates.map((_, index) => index + 1));
    for (const [index, [, adamw]] of told.entries()) {
      expect(adamw.learningRate).toBeCloseTo(rates[index] ?? Number.NaN, 12);
      expect(adamw).toMatchObject({
        weightDecay: 0.01,
        clipNorm: 2,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
      });
    }
    const updates = (await rowsOf("metrics.jsonl")).flatMap(
      ({ updates }) => (updates ?? []) as { learningRate: number }[],
    );
    expect(updates.map(({ learningRate }) => learningRate)).toEqual(
      told.map(([, { learningRate }]) => learningRate),
    );
  });

  it("tells the reward the updates made so far, and hands it its own memory", async () => {
    const heard: unknown[] = [];
    await train({
      reward: (rollout, { step, answer }, state) => {
        heard.push([step, answer, state]);
        return { ...byLength(rollout, { step, answer }, null), state: { rollouts: heard.length } };
      },
    });
    expect(heard).toEqual(
      [0, 2, 4, 6, 8, 10].map((step, i) => [step, "reasoned", i === 0 ? null : { rollouts: i }]),
    );
  });

  it("validates first, every so often and at the end, and keeps the first best with the last", async () => {
    const outcome = await train({ engine: withValidations([0, 2, 1, 2]) });
    const validations = (await rowsOf("metrics.jsonl")).filter(({ kind }) => kind === "validation");
    expect(validations.map(({ rollout, jaccard }) => [rollout, jaccard])).toEqual([
      [0, 0],
      [2, 1],
      [4, 0.5],
      [6, 1],
    ]);
    expect(outcome).toMatchObject({ lastRollout: 6, bestRollout: 2, bestValue: 1 });
    expect(await checkpointSteps(runFolder)).toEqual([2, 6]);
    expect(outcome.bestAdapter).toBe(path.join(runFolder, "checkpoints", "step-2", "adapter"));
    expect(outcome.lastAdapter).toBe(path.join(runFolder, "checkpoints", "step-6", "adapter"));
  });

  it("lets the start be the best when training only harms", async () => {
    const outcome = await train({ engine: withValidations([1, 0, 1, 0]) });
    expect(outcome).toMatchObject({ bestRollout: 0, bestValue: 0.5 });
    expect(await checkpointSteps(runFolder)).toEqual([0, 6]);
  });

  it("logs every completion with its truth, its answer or failure, and what it earned", async () => {
    await train({ with: { epochs: 1 } });
    const samples = await rowsOf("samples.jsonl");
    expect(samples).toHaveLength(15);
    expect(samples.map(({ rollout }) => rollout)).toEqual([
      ...Array(6).fill(1),
      ...Array(6).fill(2),
      3,
      3,
      3,
    ]);
    expect(samples.slice(0, 3).map(({ completion }) => completion)).toEqual([0, 1, 2]);
    expect(new Set(samples.map(({ id }) => id)).size).toBe(5);
    for (const { text, truth, predicted, failure, reward, components } of samples) {
      const tokens = (/<think>(.*)<\/think>/.exec(String(text))?.[1] ?? "").split(" ").length;
      expect(reward).toBe(tokens);
      expect(components).toEqual({ tokens });
      expect(truth).toEqual(["Edema"]);
      expect(failure).toBeNull();
      expect(String(text)).toContain(`<solution>${(predicted as string[]).join()}</solution>`);
    }
    const [metrics] = (await rowsOf("metrics.jsonl")).filter(({ kind }) => kind === "rollout");
    const earned = samples.slice(0, 6).map(({ reward }) => Number(reward));
    expect(metrics?.reward).toBeCloseTo(earned.reduce((sum, one) => sum + one, 0) / 6, 12);
  });

  it("does nothing once it has ended, and says the same", async () => {
    const outcome = await train();
    const verbs: string[] = [];
    const engine = watchVerbs(scalarEngine(), { before: (verb) => void verbs.push(verb) });
    expect(await train({ engine })).toEqual(outcome);
    expect(verbs).toEqual(["newAdapter", "newAdapter", "loadState"]);
  });

  it("chooses by the metric named, over all hospitals it is given, and writes down each", async () => {
    const elsewhere = {
      data: "elsewhere",
      stated: ["Edema", "Pneumonia"] as const,
      examples: [8, 9].map(example),
    };
    // Right answers of two images, by turns at home and elsewhere; validations stand at rollouts 0, 2, 4 and 6.
    const outcome = await train({
      engine: withValidations([0, 0, 2, 0, 1, 2, 0, 1]),
      validation: [...homeSet([5, 6].map(example)), elsewhere],
      with: { chooseBy: "microF1" },
    });
    const validations = (await rowsOf("metrics.jsonl")).filter(({ kind }) => kind === "validation");
    // One of two right, at home: F1 = 2 / (2 + 1 wrong + 1 missed); elsewhere Fracture cannot be stated: 2 / (2 + 1).
    expect(validations.map(({ value }) => value)).toEqual([0, 0.5, (0.5 + 1) / 2, (0 + 2 / 3) / 2]);
    expect(validations[2]).toMatchObject({
      rollout: 4,
      jaccard: 0.5,
      microF1: 0.5,
      chooseBy: "microF1",
      hospitals: { home: { microF1: 0.5, jaccard: 0.5 }, elsewhere: { microF1: 1, macroF1: 0.5 } },
    });
    expect(outcome).toMatchObject({ bestRollout: 4, bestValue: 0.75, lastRollout: 6 });
    expect(await checkpointSteps(runFolder)).toEqual([4, 6]);
  });

  it("gives a completion that was cut off no gradient under `mask`, and counts it all the same", async () => {
    const asked = async (truncated: "keep" | "mask") => {
      const trained: number[] = [];
      const engine = watchVerbs(scalarEngine(), {
        before: (verb, _, [request]) => {
          if (verb !== "forward") return;
          const { keepGraph, groups } = request as ForwardRequest;
          if (keepGraph) trained.push(groups.reduce((sum, { completions }) => sum + completions.length, 0));
        },
      });
      runFolder = `${runFolder}-${truncated}`;
      await train({ engine, with: { truncated, epochs: 1, updatesPerRollout: 1, microBatch: 5 } });
      const [first] = (await rowsOf("metrics.jsonl")).filter(({ kind }) => kind === "rollout");
      const samples = (await rowsOf("samples.jsonl")).filter(({ rollout }) => rollout === 1);
      return { first, samples, trained: trained[0] };
    };
    const keep = await asked("keep");
    const mask = await asked("mask");
    const whole = keep.samples.filter(({ finish }) => finish === "stop").length;
    expect(mask.samples).toEqual(keep.samples);
    expect(whole).toBeLessThan(6);
    expect(keep.trained).toBe(6);
    expect(mask.trained).toBe(whole);
    // The first update of a policy that is its own reference: ratio 1, no KL; a token's term is its advantage, and the
    // reward here is the number of tokens. Divided by Dr. GRPO's constant, over all completions sampled.
    const rewards = keep.samples.map(({ reward }) => Number(reward));
    const mean = (from: number) => rewards.slice(from, from + 3).reduce((sum, one) => sum + one, 0) / 3;
    const lossOf = (counts: (index: number) => boolean) =>
      -rewards.reduce((sum, one, i) => sum + (counts(i) ? one * (one - mean(i < 3 ? 0 : 3)) : 0), 0) /
      (6 * 6);
    const [keptLoss, maskedLoss] = [keep, mask].map(
      ({ first }) => ((first?.updates ?? []) as { loss: number }[])[0]?.loss,
    );
    expect(keptLoss).toBeCloseTo(
      lossOf(() => true),
      12,
    );
    expect(maskedLoss).toBeCloseTo(
      lossOf((i) => keep.samples[i]?.finish === "stop"),
      12,
    );
  });

  describe("when the policy collapses", () => {
    const collapse = { ...UNMOVED, entropyFloor: 0.95 };
    const events = async () => (await rowsOf("metrics.jsonl")).filter(({ kind }) => kind === "collapse");

    it("warns: a row of metrics and a word to whoever watches, and goes on", async () => {
      const notes: string[] = [];
      const outcome = await train({
        with: { collapse },
        onProgress: ({ note }) => void notes.push(note ?? ""),
      });
      expect(outcome).toMatchObject({ stopped: "epochs", lastRollout: 6, restores: 0 });
      const [first] = await events();
      expect(first).toMatchObject({ action: "warn", alarms: [{ rule: "entropy drop" }] });
      const told = notes.flatMap((note, index) =>
        note.includes("collapse? entropy drop") ? [index + 1] : [],
      );
      expect(told).toContain(first?.rollout);
      expect(notes).toHaveLength(6);
    });

    it("stops, with a validation and a checkpoint of where it stopped", async () => {
      const outcome = await train({ with: { collapse: { ...collapse, action: "stop" } } });
      const [only, ...more] = await events();
      expect(more).toEqual([]);
      expect(outcome).toMatchObject({ stopped: "collapse", lastRollout: only?.rollout });
      expect(outcome.lastRollout).toBeLessThan(6);
      const rows = await rowsOf("metrics.jsonl");
      expect(rows.at(-1)).toMatchObject({ kind: "validation", rollout: outcome.lastRollout });
      expect(await checkpointSteps(runFolder)).toContain(outcome.lastRollout);
      // Run again, it has nothing to do.
      expect(await train({ with: { collapse: { ...collapse, action: "stop" } } })).toEqual(outcome);
    });

    it("goes back to the last sound checkpoint, its optimizer and its reward's memory; then stops", async () => {
      const loaded: string[] = [];
      const steps: number[] = [];
      const memory: unknown[] = [];
      const engine = watchVerbs(scalarEngine(), {
        before: (verb, _, given) => {
          if (verb === "loadState") loaded.push(path.basename(path.dirname(String(given[1]))));
          if (verb === "step") steps.push(Number(given[1]));
        },
      });
      const outcome = await train({
        engine,
        reward: (rollout, context, state) => {
          memory.push(state);
          return { ...byLength(rollout, context, null), state: { after: context.step } };
        },
        with: { collapse: { ...collapse, action: "restore", restores: 1 } },
      });
      const [back, last] = await events();
      expect(back).toMatchObject({ action: "restore" });
      expect(loaded).toEqual([`step-${back?.to}`]);
      const at = Number(back?.rollout);
      const to = Number(back?.to);
      expect(to).toBeLessThan(at);
      // Updates count on from the checkpoint's.
      expect(steps.slice(0, 2 * at)).toEqual(Array.from({ length: 2 * at }, (_, i) => i + 1));
      expect(steps[2 * at]).toBe(2 * to + 1);
      expect(memory[at]).toEqual(memory[to]);
      expect(outcome.restores).toBe(1);
      if (last !== undefined) {
        expect(last.action).toBe("stop");
        expect(outcome.stopped).toBe("collapse");
      }
    });
  });

  it("refuses to train on nothing, to judge by nothing, and a reward that is no number", async () => {
    await expect(train({ train: [] })).rejects.toThrow("the train set is empty");
    await expect(train({ validation: homeSet([]) })).rejects.toThrow("the validation set is empty");
    const broken: Reward = (rollout) => ({
      scores: rollout.map(() => ({ total: Number.NaN, components: {} })),
      state: null,
    });
    await expect(train({ reward: broken })).rejects.toThrow("the reward gave NaN");
  });
});
