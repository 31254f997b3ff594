import type { ForwardRequest, SampleRequest, TokenGradients } from "../engine.ts";
import { EngineError } from "../engine-error.ts";
import type { Rank, RankEngine } from "../rank.ts";

/** A rank for unit specs, which writes down what it is asked; a token's log-probability is minus the token. */
export interface FakeRank extends Rank {
  readonly verbs: string[];
  readonly held: Set<string>;
  readonly forwards: ForwardRequest[];
  readonly samples: SampleRequest[];
  readonly backwards: { ticket: string; gradients: TokenGradients }[];
  /** The next call of the verb fails so. */
  fail(verb: keyof RankEngine, error: EngineError): void;
  /** The rank dies. */
  lose(error: EngineError): void;
  /** What its Step says of the gradient. */
  gradientNorm: number;
}

export function fakeRank(rank: number): FakeRank {
  const failures = new Map<keyof RankEngine, EngineError>();
  let lose: (error: EngineError) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  lost.catch(() => {});
  let tickets = 0;
  const ask = (verb: keyof RankEngine): void => {
    fake.verbs.push(verb);
    const failure = failures.get(verb);
    failures.delete(verb);
    if (failure !== undefined) throw failure;
  };
  const need = (handle: string): void => {
    if (!fake.held.has(handle)) throw new EngineError("unknown", `no ${handle} on rank ${rank}`);
  };
  const prompt = (handle: string) => {
    fake.held.add(handle);
    return { handle, tokens: handle.length, imageTokens: 0, featuresCached: false };
  };
  const adapter = { name: "policy", trainable: true, step: 0, parameters: 1 };
  const model = {
    family: "fake",
    source: "",
    hash: "same",
    dtype: "float32",
    parameters: 1,
    vocabulary: 1,
  };

  const engine: RankEngine = {
    async describe() {
      ask("describe");
      return {
        contract: 1,
        engine: "fake",
        launchId: `${rank}`,
        pid: rank,
        device: "cpu",
        versions: {},
        busyVerb: rank === 1 ? "Sample" : "",
        busySeconds: rank,
        model: null,
        adapters: [],
        openTickets: rank + 1,
        peakMemoryBytes: 100 * rank,
        seconds: { Forward: rank, [`only-${rank}`]: 1 },
        ranks: 2,
        gpus: 0,
        rankBackends: ["gloo"],
        kernels: "gcc",
      };
    },
    async load() {
      ask("load");
      return model;
    },
    async prepare(prompts) {
      ask("prepare");
      return prompts.map(({ messages }) => prompt(JSON.stringify(messages)));
    },
    async extend(handle, tokens) {
      ask("extend");
      need(handle);
      return prompt(`${handle}+${tokens.join(",")}`);
    },
    async exportPrompt(handle) {
      ask("exportPrompt");
      need(handle);
      return new TextEncoder().encode(handle);
    },
    async importPrompt(data) {
      ask("importPrompt");
      return prompt(new TextDecoder().decode(data));
    },
    async tokenize(texts) {
      ask("tokenize");
      return texts.map(({ length }) => [length]);
    },
    async sample(request, onCompletion) {
      ask("sample");
      fake.samples.push(request);
      const rows = request.prompts.map(({ handle, seeds }, index) => {
        need(handle);
        return seeds.map((seed, completion) => ({
          prompt: index,
          completion,
          tokens: [Number(seed)],
          text: `${handle} ${seed}`,
          finish: "stop" as const,
          logprobs: [],
        }));
      });
      for (const one of rows.flat().reverse()) onCompletion?.(one);
      return rows;
    },
    async forward(request) {
      ask("forward");
      fake.forwards.push(request);
      for (const { handle } of request.groups) need(handle);
      tickets += request.keepGraph ? 1 : 0;
      return {
        groups: request.groups.map(({ completions }) =>
          completions.map((tokens) => ({
            logprob: tokens.map((token) => -token),
            entropy: tokens.map(() => 1),
            argmax: tokens.map(() => true),
          })),
        ),
        ticket: request.keepGraph ? `ticket-${rank}-${tickets}` : "",
      };
    },
    async backward(ticket, gradients) {
      ask("backward");
      fake.backwards.push({ ticket, gradients });
    },
    async zeroGrad() {
      ask("zeroGrad");
    },
    async step(_adapter, step) {
      ask("step");
      return { gradientNorm: fake.gradientNorm, outcome: "applied", step };
    },
    async newAdapter(_name, _origin, trainable) {
      ask("newAdapter");
      return { ...adapter, trainable };
    },
    async saveState() {
      ask("saveState");
      return { weightsHash: `${rank}` };
    },
    async loadState() {
      ask("loadState");
      return adapter;
    },
    async free(what) {
      ask("free");
      if ("handle" in what) {
        need(what.handle);
        fake.held.delete(what.handle);
      }
      if ("ticket" in what) fake.verbs.push(`freed ${what.ticket}`);
    },
  };
  const fake: FakeRank = {
    engine,
    lost,
    verbs: [],
    held: new Set(),
    forwards: [],
    samples: [],
    backwards: [],
    gradientNorm: 1,
    fail: (verb, error) => void failures.set(verb, error),
    lose: (error) => lose(error),
  };
  return fake;
}
