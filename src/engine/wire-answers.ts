import type { AdapterInfo, EngineDescription, ModelInfo, PreparedPrompt, StepResult } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import {
  type Adapter,
  type DescribeResponse,
  type Model,
  type Prompt,
  StepOutcome,
} from "./gen/engine_pb.ts";

/**
 * What became of a Step.
 * @throws EngineError for an outcome that this program does not know
 */
export function toOutcome(outcome: StepOutcome): StepResult["outcome"] {
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

/** One prompt of a Prepare or Extend. */
export function toPrepared({ handle, tokens, imageTokens, featuresCached }: Prompt): PreparedPrompt {
  return { handle, tokens, imageTokens, featuresCached };
}

/** The loaded model. */
export function toModel(model: Model): ModelInfo {
  const { family, source, hash, dtype, vocabulary } = model;
  return { family, source, hash, dtype, vocabulary, parameters: Number(model.parameters) };
}

/**
 * An adapter.
 * @throws EngineError when the answer lacks it
 */
export function toAdapter(adapter: Adapter | undefined): AdapterInfo {
  if (adapter === undefined) throw new EngineError("refused", "engine: answered without an adapter");
  const { name, trainable } = adapter;
  return { name, trainable, step: Number(adapter.step), parameters: Number(adapter.parameters) };
}

/** Describe's answer. */
export function toDescription(answer: DescribeResponse): EngineDescription {
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
    seconds: answer.seconds,
    ranks: answer.worldSize,
    gpus: answer.gpus,
    rankBackends: answer.rankBackends,
    kernels: answer.kernels,
  };
}
