import type { PreparedPrompt, SampledCompletion } from "./engine.ts";
import type { EngineConnection } from "./engine-client.ts";
import { EngineError } from "./engine-error.ts";
import { Finish } from "./gen/engine_pb.ts";
import { prepareBatches } from "./prepare-batches.ts";
import type { RankEngine } from "./rank.ts";
import { toAdapter, toDescription, toModel, toOutcome, toPrepared } from "./wire-answers.ts";
import { toForwardRequest, toFree, toLoadRequest, toPromptRequest } from "./wire-requests.ts";

/** The contract's verbs over one connection. */
export function remoteEngine({ rpc, call }: EngineConnection): RankEngine {
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
      for (const batch of prepareBatches(prompts)) {
        const answer = await call((signal) =>
          rpc.prepare({ prompts: batch.map(toPromptRequest) }, { signal }),
        );
        prepared.push(...answer.prompts.map(toPrepared));
      }
      return prepared;
    },

    extend: (handle, tokens) =>
      call(async (signal) => toPrepared(await rpc.extend({ handle, tokens: [...tokens] }, { signal }))),

    exportPrompt: (handle) => call(async (signal) => (await rpc.exportPrompt({ handle }, { signal })).data),

    importPrompt: (data) => call(async (signal) => toPrepared(await rpc.importPrompt({ data }, { signal }))),

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

    saveState: (adapter, folder, { optimizer, dtype, merged }) =>
      call(async (signal) => {
        const { weightsHash } = await rpc.saveState(
          { adapter, folder, optimizer, dtype: dtype ?? "", merged: merged ?? false },
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
