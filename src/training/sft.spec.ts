import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../engine/engine.ts";
import { EngineError } from "../engine/engine-error.ts";
import { checkpointSteps } from "./checkpoint.ts";
import { readJsonLines } from "./json-lines.ts";
import { type SftExample, type SftRun, type SftSettings, trainSft } from "./sft.ts";
import { scalarEngine } from "./testing/scalar-engine.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";
import { watchVerbs } from "./testing/watch-verbs.ts";

const SETTINGS: SftSettings = {
  epochs: 3,
  patience: 0,
  batch: 2,
  microBatch: 1,
  learningRate: 0.1,
  schedule: { kind: "constant", warmup: 0 },
  weightDecay: 0,
  clipNorm: 0,
  normalisation: "token-mean",
  checkpointEvery: 100,
};
const example = (id: string, ...tokens: number[]): SftExample => ({
  id,
  handle: `h-${id}`,
  promptTokens: 10,
  tokens,
});
const TRAIN = [
  example("a", 1, 2),
  example("b", 3),
  example("c", 2, 2, 2),
  example("d", 1),
  example("e", 4, 1),
];

const scratch = scratchFolders();
let runFolder = "";
beforeEach(async () => {
  runFolder = await scratch();
});

const train = (change: Partial<SftRun> & { readonly with?: Partial<SftSettings> } = {}) =>
  trainSft({
    engine: scalarEngine(),
    runFolder,
    adapter: { kind: "lora", rank: 1, alpha: 1, dropout: 0.1 },
    train: TRAIN,
    validation: [example("v", 2, 1)],
    seed: 7,
    ...change,
    settings: { ...SETTINGS, ...change.with },
  });

const rows = async (kind: string) =>
  (await readJsonLines(path.join(runFolder, "metrics.jsonl"))).filter(
    (row) => (row as { kind: string }).kind === kind,
  ) as Record<string, number>[];

/** Validation losses as if by order: the n-th forward without gradients gives the n-th loss. */
function withValidationLosses(losses: readonly number[]): Engine {
  const engine = scalarEngine();
  let next = 0;
  return {
    ...engine,
    async forward(request) {
      const answer = await engine.forward(request);
      if (request.gradients !== undefined) return answer;
      const loss = losses[next++] ?? Number.NaN;
      return {
        ...answer,
        groups: answer.groups.map((group) =>
          group.map((scores) => ({ ...scores, logprob: scores.logprob.map(() => -loss) })),
        ),
      };
    },
  };
}

describe("trainSft", () => {
  it("sees every example once an epoch, in orders that differ, in batches whose last is short", async () => {
    const seen: string[] = [];
    const engine = watchVerbs(scalarEngine(), {
      before: (verb, _, [request]) => {
        if (verb !== "forward") return;
        const { groups, gradients } = request as { groups: { handle: string }[]; gradients?: unknown };
        if (gradients !== undefined) seen.push(...groups.map(({ handle }) => handle));
      },
    });
    await train({ engine });
    const epochs = [seen.slice(0, 5), seen.slice(5, 10), seen.slice(10)];
    for (const epoch of epochs) expect([...epoch].sort()).toEqual(TRAIN.map(({ handle }) => handle));
    expect(new Set(epochs.map((epoch) => epoch.join())).size).toBe(3);
    expect((await rows("step")).map(({ step, epoch }) => [step, epoch])).toEqual(
      Array.from({ length: 9 }, (_, i) => [i + 1, (i + 1) / 3]),
    );
    expect((await rows("validation")).map(({ step }) => step)).toEqual([0, 3, 6, 9]);
  });

  it("gives micro-batches of any size the same updates", async () => {
    const losses: number[][] = [];
    for (const microBatch of [1, 2]) {
      runFolder = await scratch();
      // Without dropout, whose seed is the micro-batch's.
      await train({ adapter: { kind: "full" }, with: { microBatch } });
      losses.push((await rows("step")).map(({ loss }) => loss ?? Number.NaN));
    }
    expect(losses[0]).toHaveLength(9);
    for (const [index, loss] of (losses[0] ?? []).entries()) expect(losses[1]?.[index]).toBeCloseTo(loss, 12);
  });

  it("learns the same when memory is short: half as many rows in a Forward, remembered after a restart", async () => {
    const full = { adapter: { kind: "full" }, with: { batch: 4, microBatch: 4 } } as const;
    await train(full);
    const losses = (await rows("step")).map(({ loss }) => loss ?? Number.NaN);
    runFolder = await scratch();
    const sizes: number[] = [];
    const small = (): Engine => {
      const engine = scalarEngine();
      return {
        ...engine,
        forward: (request) => {
          if (request.groups.length > 2) throw new EngineError("out-of-memory", "no room");
          sizes.push(request.groups.length);
          return engine.forward(request);
        },
      };
    };
    await train({ ...full, engine: small(), with: { ...full.with, epochs: 1 } });
    expect(await rows("memory")).toEqual([{ kind: "memory", step: 0, rows: 4, halvings: 1 }]);
    expect(sizes).toEqual([1, 2, 2, 1, 1]);
    const step = (await rows("step")).map(({ loss }) => loss ?? Number.NaN);
    for (const [index, loss] of step.entries()) expect(loss).toBeCloseTo(losses[index] ?? Number.NaN, 12);
  });

  it("drops out by a seed of its own in every Forward that learns, and in no other", async () => {
    const seeds: unknown[] = [];
    const judging: unknown[] = [];
    const engine = watchVerbs(scalarEngine(), {
      before: (verb, _, [request]) => {
        if (verb !== "forward") return;
        const { gradients, dropoutSeed } = request as { gradients?: unknown; dropoutSeed?: bigint };
        (gradients === undefined ? judging : seeds).push(dropoutSeed);
      },
    });
    await train({ engine });
    expect(seeds.map((seed) => typeof seed)).toEqual(Array(15).fill("bigint"));
    expect(new Set(seeds).size).toBe(15);
    expect(judging).toEqual(Array(4).fill(undefined));
    seeds.length = 0;
    runFolder = await scratch();
    await train({ engine, adapter: { kind: "full" } });
    expect(seeds).toEqual(Array(15).fill(undefined));
  });

  it("ends when the loss has not improved for `patience` epochs, and keeps the best", async () => {
    const engine = withValidationLosses([9, 3, 2, 2, 2.5, 1]);
    const outcome = await train({ engine, with: { epochs: 20, patience: 2 } });
    expect(outcome).toMatchObject({ stopped: "patience", lastStep: 12, bestStep: 6, bestValidationLoss: 2 });
    expect(await checkpointSteps(runFolder)).toEqual([6, 12]);
    expect(outcome.bestAdapter).toBe(path.join(runFolder, "checkpoints", "step-6", "adapter"));
  });

  it("counts patience anew from each improvement, and never ends early without it", async () => {
    const engine = withValidationLosses([9, 3, 4, 2, 3, 1, 2, 2]);
    expect((await train({ engine, with: { epochs: 20, patience: 2 } })).lastStep).toBe(21);
    runFolder = await scratch();
    const patient = withValidationLosses([9, 3, 4, 5, 6, 7]);
    const outcome = await train({ engine: patient, with: { epochs: 5, patience: 0 } });
    expect(outcome).toMatchObject({ stopped: "epochs", lastStep: 15, bestStep: 3 });
  });

  it("never takes a loss that is no number for the best", async () => {
    const engine = withValidationLosses([1, Number.NaN, Number.NaN, 5]);
    expect(await train({ engine })).toMatchObject({ bestStep: 9, bestValidationLoss: 5 });
    runFolder = await scratch();
    const lost = await train({ engine: withValidationLosses([]), with: { epochs: 9, patience: 2 } });
    expect(lost).toMatchObject({
      stopped: "patience",
      lastStep: 6,
      bestStep: 6,
      bestValidationLoss: Number.NaN,
    });
  });

  it("does nothing once it has ended, and says the same", async () => {
    const outcome = await train();
    const verbs: string[] = [];
    const engine = watchVerbs(scalarEngine(), { before: (verb) => void verbs.push(verb) });
    expect(await train({ engine })).toEqual(outcome);
    expect(verbs).toEqual(["newAdapter", "loadState"]);
    expect(await rows("step")).toHaveLength(9);
  });

  it("refuses to train on nothing, or to judge by nothing", async () => {
    await expect(train({ train: [] })).rejects.toThrow("the train set is empty");
    await expect(train({ validation: [] })).rejects.toThrow("the validation set is empty");
  });
});
