import type {
  AdapterInfo,
  Engine,
  EngineDescription,
  ForwardRequest,
  LoadOptions,
  ModelInfo,
  PreparedPrompt,
  PromptInput,
  SampledCompletion,
  StepResult,
} from "./engine.ts";
import type { EngineConnection } from "./engine-client.ts";
import { EngineError } from "./engine-error.ts";
import {
  type Adapter,
  type DescribeResponse,
  Finish,
  type Model,
  type Prompt,
  StepOutcome,
  Trainable,
} from "./gen/engine_pb.ts";

/**
 * Prompts sent in one Prepare: bounds a message's size (a 1024 x 1024 grey picture is 1 MB) and gives the vision tower
 * a batch that fits.
 */
const PREPARE_BATCH = 64;

/** The contract's verbs over one connection. */
export function remoteEngine({ rpc, call }: EngineConnection): Engine {
  return {
    describe: () => call(async (signal) => toDescription(await rpc.describe({}, { signal }))),

    load: (options) =>
      call(async (signal) => {
        const { model } = await rpc.load(toLoadRequest(options), { signal });
        if (model === undefined) throw new EngineError("refused", "engine: Load answered without a model");
        return toModel(model);
      }),

    async prepare(prompts) {
      const prepared: PreparedPrompt[] = [];
      for (let start = 0; start < prompts.length; start += PREPARE_BATCH) {
        const batch = prompts.slice(start, start + PREPARE_BATCH);
        const answer = await call((signal) =>
          rpc.prepare({ prompts: batch.map(toPromptRequest) }, { signal }),
        );
        prepared.push(...answer.prompts.map(toPrepared));
      }
      return prepared;
    },

    extend: (handle, tokens) =>
      call(async (signal) => toPrepared(await rpc.extend({ handle, tokens: [...tokens] }, { signal }))),

    tokenize: (texts) =>
      call(async (signal) => {
        const answer = await rpc.tokenize({ texts: [...texts] }, { signal });
        return answer.texts.map((text) => text.tokens);
      }),

    sample: (request, onCompletion) =>
      call(async (signal) => {
        const ordered: SampledCompletion[][] = request.prompts.map(() => []);
        const stream = rpc.sample(
          {
            prompts: request.prompts.map(({ handle, seeds }) => ({ handle, seeds: [...seeds] })),
            adapter: request.adapter,
            temperature: request.temperature,
            topP: request.topP,
            maxTokens: request.maxTokens,
            maxRows: request.maxRows ?? 0,
          },
          { signal },
        );
        for await (const { prompt, completion, tokens, text, finish, logprobs } of stream) {
          const sampled: SampledCompletion = {
            prompt,
            completion,
            tokens,
            text,
            finish: finish === Finish.STOP ? "stop" : "length",
            logprobs,
          };
          const row = ordered[prompt];
          if (row === undefined)
            throw new EngineError(
              "refused",
              `engine: Sample answered for prompt ${prompt}, which was not asked`,
            );
          row[completion] = sampled;
          onCompletion?.(sampled);
        }
        const asked = request.prompts.reduce((sum, { seeds }) => sum + seeds.length, 0);
        const got = ordered.reduce((sum, row) => sum + row.filter(Boolean).length, 0);
        if (got !== asked)
          throw new EngineError("refused", `engine: Sample gave ${got} of ${asked} completions`);
        return ordered;
      }),

    forward: (request) =>
      call(async (signal) => {
        const answer = await rpc.forward(toForwardRequest(request), { signal });
        return { groups: answer.groups.map((group) => group.completions), ticket: answer.ticket };
      }),

    backward: (ticket, gradients) =>
      call(async (signal) => {
        const groups = gradients.map((group) => ({
          completions: group.map((logprob) => ({ logprob: [...logprob], entropy: [] })),
        }));
        await rpc.backward({ ticket, groups }, { signal });
      }),

    zeroGrad: (adapter) =>
      call(async (signal) => {
        await rpc.zeroGrad({ adapter }, { signal });
      }),

    step: (adapter, expectedStep, settings) =>
      call(async (signal) => {
        const answer = await rpc.step(
          { adapter, expectedStep: BigInt(expectedStep), ...settings },
          { signal },
        );
        return {
          gradientNorm: answer.gradientNorm,
          outcome: toOutcome(answer.outcome),
          step: Number(answer.step),
        };
      }),

    newAdapter: (name, origin, trainable) =>
      call(async (signal) => {
        const value =
          "lora" in origin
            ? ({ case: "lora", value: { ...origin.lora, seed: BigInt(origin.lora.seed) } } as const)
            : ({ case: "folder", value: origin.folder } as const);
        return toAdapter((await rpc.newAdapter({ name, origin: value, trainable }, { signal })).adapter);
      }),

    saveState: (adapter, folder, { optimizer, dtype }) =>
      call(async (signal) => {
        const { weightsHash } = await rpc.saveState(
          { adapter, folder, optimizer, dtype: dtype ?? "" },
          { signal },
        );
        return { weightsHash };
      }),

    loadState: (adapter, folder, { optimizer }) =>
      call(async (signal) =>
        toAdapter((await rpc.loadState({ adapter, folder, optimizer }, { signal })).adapter),
      ),

    free: (what) =>
      call(async (signal) => {
        await rpc.free({ what: toFree(what) }, { signal });
      }),
  };
}

function toLoadRequest(options: LoadOptions) {
  return {
    source: options.source,
    revision: options.revision ?? "",
    dtype: options.dtype,
    minVisualTokens: options.minVisualTokens ?? 0,
    maxVisualTokens: options.maxVisualTokens ?? 0,
    gradientCheckpointing: options.gradientCheckpointing ?? false,
    threads: options.threads ?? 0,
    seed: BigInt(options.seed ?? 0),
    trainable: options.trainable === "full" ? Trainable.FULL : Trainable.ADAPTER,
    randomWeights: options.randomWeights ?? false,
    featureCache: options.featureCache ?? "",
  };
}

function toPromptRequest({ messages, images, store }: PromptInput) {
  return {
    messages: messages.map(({ role, parts }) => ({
      role,
      parts: parts.map((part) => ({
        kind:
          "text" in part
            ? ({ case: "text", value: part.text } as const)
            : ({ case: "image", value: part.image } as const),
      })),
    })),
    images: images.map((image) => ({ ...image })),
    store: store ?? true,
  };
}

function toForwardRequest(request: ForwardRequest) {
  return {
    groups: request.groups.map(({ handle, completions }, g) => ({
      handle,
      completions: completions.map((tokens, c) => ({
        tokens: [...tokens],
        gradient: [...(request.gradients?.[g]?.[c] ?? [])],
      })),
    })),
    adapter: request.adapter,
    temperature: request.temperature ?? 1,
    ...(request.dropoutSeed === undefined ? {} : { dropoutSeed: request.dropoutSeed }),
    keepGraph: request.keepGraph ?? false,
  };
}

function toFree(what: { ticket: string } | { handle: string } | { adapter: string }) {
  if ("ticket" in what) return { case: "ticket", value: what.ticket } as const;
  if ("handle" in what) return { case: "handle", value: what.handle } as const;
  return { case: "adapter", value: what.adapter } as const;
}

function toOutcome(outcome: StepOutcome): StepResult["outcome"] {
  switch (outcome) {
    case StepOutcome.APPLIED:
      return "applied";
    case StepOutcome.SKIPPED_NON_FINITE:
      return "skipped-non-finite";
    default:
      throw new EngineError(
        "refused",
        `engine: Step answered with outcome ${outcome}, which this program does not know`,
      );
  }
}

function toPrepared({ handle, tokens, imageTokens, featuresCached }: Prompt): PreparedPrompt {
  return { handle, tokens, imageTokens, featuresCached };
}

function toModel(model: Model): ModelInfo {
  const { family, source, hash, dtype, vocabulary } = model;
  return { family, source, hash, dtype, vocabulary, parameters: Number(model.parameters) };
}

function toAdapter(adapter: Adapter | undefined): AdapterInfo {
  if (adapter === undefined) throw new EngineError("refused", "engine: answered without an adapter");
  const { name, trainable } = adapter;
  return { name, trainable, step: Number(adapter.step), parameters: Number(adapter.parameters) };
}

function toDescription(answer: DescribeResponse): EngineDescription {
  return {
    contract: answer.contract,
    engine: answer.engine,
    launchId: answer.launchId,
    pid: Number(answer.pid),
    device: answer.device,
    versions: answer.versions,
    busyVerb: answer.busyVerb,
    busySeconds: answer.busySeconds,
    model: answer.model === undefined ? null : toModel(answer.model),
    adapters: answer.adapters.map(toAdapter),
    openTickets: answer.openTickets,
    peakMemoryBytes: Number(answer.peakMemoryBytes),
  };
}
