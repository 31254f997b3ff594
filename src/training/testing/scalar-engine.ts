import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { AdapterInfo, AdapterOrigin, Engine, TokenScores } from "../../engine/engine.ts";
import { randomStream } from "../../util/random.ts";

interface ScalarAdapter {
  weight: number;
  momentum: number;
  gradient: number;
  step: number;
  readonly trainable: boolean;
}

const FILE = "adapter.json";
const DECAY = 0.9;
const ANSWERS = ["Edema", "Pneumonia", "Fracture"];

/**
 * A model of one weight w per adapter, for unit specs of the trainers' bookkeeping: log p(t) = -(w - t / 10)^2 / 2 - 1 for each
 * token t, trained by gradient descent with momentum, so that weights, optimizer and every seed show in what it gives.
 * Only the verbs that trainers use; the specs with the real engine are the `*.engine.spec.ts`.
 */
export function scalarEngine(): Engine {
  // A wholly trained model is there from the start, under the contract's name.
  const adapters = new Map<string, ScalarAdapter>([
    ["full", { weight: 0.5, momentum: 0, gradient: 0, step: 0, trainable: true }],
  ]);
  const tickets = new Map<string, { adapter: ScalarAdapter; slopes: number[][][] }>();
  let made = 0;

  const get = (name: string): ScalarAdapter => {
    const adapter = adapters.get(name);
    if (adapter === undefined) throw new Error(`no adapter ${name}`);
    return adapter;
  };
  const info = (name: string): AdapterInfo => {
    const { trainable, step } = get(name);
    return { name, trainable, step, parameters: 1 };
  };
  const add = (
    adapter: ScalarAdapter,
    slopes: number[][][],
    gradients: readonly (readonly (readonly number[])[])[],
  ) => {
    const given = gradients.flat(2);
    const flat = slopes.flat(2);
    if (given.length !== flat.length) throw new Error(`${given.length} gradients for ${flat.length} tokens`);
    for (const [index, slope] of flat.entries()) adapter.gradient += slope * (given[index] ?? 0);
  };
  const unused = async (): Promise<never> => {
    throw new Error("not a verb of the trainers");
  };

  return {
    describe: unused,
    load: unused,
    prepare: unused,
    extend: unused,
    tokenize: unused,
    free: unused,

    async newAdapter(name, origin: AdapterOrigin, trainable) {
      const weight = "lora" in origin ? 0.5 : (await readState(origin.folder)).weight;
      adapters.set(name, { weight, momentum: 0, gradient: 0, step: 0, trainable });
      return info(name);
    },

    async sample({ prompts, adapter, temperature, maxTokens }) {
      const { weight } = get(adapter);
      return prompts.map(({ handle, seeds }, prompt) =>
        seeds.map((seed, completion) => {
          const stream = randomStream(temperature === 0 ? 0n : seed, handle, weight);
          const tokens = Array.from({ length: 1 + stream.integer(maxTokens) }, () => stream.integer(10));
          return {
            prompt,
            completion,
            tokens,
            text: `<think>${tokens.join(" ")}</think><solution>${stream.pick(ANSWERS)}</solution>`,
            finish: stream.chance(0.2) ? "length" : "stop",
            logprobs: [],
          };
        }),
      );
    },

    async forward({ groups, adapter: name, temperature = 1, dropoutSeed, keepGraph, gradients }) {
      const adapter = get(name);
      const noise = dropoutSeed === undefined ? 0 : Number(dropoutSeed % 97n) / 970;
      const distance = (token: number) => adapter.weight + noise - token / 10;
      const scores = groups.map(({ completions }) =>
        completions.map(
          (tokens): TokenScores => ({
            logprob: tokens.map((token) => -(distance(token) ** 2) / (2 * temperature) - 1),
            entropy: tokens.map((token) => token / 10),
            argmax: tokens.map((token) => Math.abs(distance(token)) < 0.2),
          }),
        ),
      );
      const slopes = groups.map(({ completions }) =>
        completions.map((tokens) => tokens.map((token) => -distance(token) / temperature)),
      );
      if (gradients !== undefined) add(adapter, slopes, gradients);
      made += 1;
      const ticket = keepGraph ? `ticket-${made}` : "";
      if (keepGraph) tickets.set(ticket, { adapter, slopes });
      return { groups: scores, ticket };
    },

    async backward(ticket, gradients) {
      const kept = tickets.get(ticket);
      if (kept === undefined) throw new Error(`no ticket ${ticket}`);
      tickets.delete(ticket);
      add(kept.adapter, kept.slopes, gradients);
    },

    async zeroGrad(name) {
      get(name).gradient = 0;
    },

    async step(name, expectedStep, { learningRate, weightDecay }) {
      const adapter = get(name);
      if (!adapter.trainable || expectedStep !== adapter.step + 1)
        throw new Error(`${name}: step ${expectedStep} after ${adapter.step}`);
      const gradientNorm = Math.abs(adapter.gradient);
      adapter.momentum = DECAY * adapter.momentum + adapter.gradient;
      adapter.weight -= learningRate * (adapter.momentum + weightDecay * adapter.weight);
      adapter.gradient = 0;
      adapter.step = expectedStep;
      return { gradientNorm, outcome: "applied", step: expectedStep };
    },

    async saveState(name, folder) {
      const { weight, momentum, step } = get(name);
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, FILE), JSON.stringify({ weight, momentum, step }));
      return { weightsHash: String(weight) };
    },

    async loadState(name, folder) {
      Object.assign(get(name), await readState(folder), { gradient: 0 });
      return info(name);
    },
  };
}

async function readState(folder: string): Promise<Pick<ScalarAdapter, "weight" | "momentum" | "step">> {
  return JSON.parse(await readFile(path.join(folder, FILE), "utf8"));
}
