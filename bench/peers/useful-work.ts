import type { Comparison, WorkRow } from "./results-schema.ts";
import { spreadOf } from "./spread.ts";

/** Sizes of a language model and its tower, as a `Spec` of chexengine.tiny_model has them. */
export interface ModelSize {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kv_heads: number;
  readonly head_dim: number;
  readonly mlp: number;
  readonly vocabulary: number;
  readonly patch: number;
  readonly vision_hidden: number;
  readonly vision_layers: number;
  readonly vision_mlp: number;
}

const FLOAT_BYTES = 4;

/** Weights of the matrices that every token of text passes, without embedding and output layer. */
export function layerWeights({ hidden, layers, heads, kv_heads, head_dim, mlp }: ModelSize): number {
  const attention = hidden * head_dim * (2 * heads + 2 * kv_heads);
  return layers * (attention + 3 * hidden * mlp);
}

function towerWeights({ vision_hidden, vision_layers, vision_mlp, patch }: ModelSize): number {
  return (
    vision_layers * (4 * vision_hidden ** 2 + 2 * vision_hidden * vision_mlp) + 3 * patch ** 2 * vision_hidden
  );
}

/**
 * FLOPs that the task itself needs, whoever does it: 2N a token forward and, since LoRA on a frozen base needs no gradient of
 * the base's weights, 2N backward (4N a trained token). A prompt counts once for its completions and a picture once for the
 * whole run; the output layer counts where a completion's token is predicted. Not counted: attention's scores, LoRA's own
 * small matrices, the optimizer.
 */
export function usefulFlops(
  { kind, pixels, groupSize, tokens, images, epochs, updatesPerRollout, promptTokens }: Comparison,
  size: ModelSize,
): number {
  const layers = layerWeights(size);
  const output = size.hidden * size.vocabulary;
  const tower = 2 * towerWeights(size) * (pixels / size.patch) ** 2 * images;
  /** One pass over a picture's prompt and its completions. */
  const pass = 2 * (layers * (promptTokens + groupSize * tokens) + output * groupSize * tokens) * images;
  switch (kind) {
    case "sft":
      return tower + 2 * pass * epochs;
    case "generate":
      return tower + pass;
    case "grpo":
      // Sampled, scored by the reference, and trained on.
      return tower + pass + pass + 2 * pass * updatesPerRollout;
  }
}

/**
 * Bytes that decoding must read: all weights once a step for all rows of a batch, and each row's keys and values so far. A
 * batch is a rollout. 0 where nothing is decoded.
 */
export function decodeBytes(one: Comparison, size: ModelSize): number {
  if (one.kind === "sft") return 0;
  const rows = one.promptsPerRollout * one.groupSize;
  const batches = one.images / one.promptsPerRollout;
  const weights = layerWeights(size) + size.hidden * size.vocabulary;
  const keysAndValues = 2 * size.layers * size.kv_heads * size.head_dim;
  const positions = one.tokens * (one.promptTokens + one.tokens / 2);
  return FLOAT_BYTES * batches * (one.tokens * weights + rows * positions * keysAndValues);
}

/** A comparison's useful work against what the machine was measured to do. */
export function workOf(
  one: Comparison,
  size: ModelSize,
  rates: { readonly flops: number; readonly bytes: number },
): WorkRow {
  const flops = usefulFlops(one, size);
  const share = (side: Comparison["ours"]) =>
    flops / spreadOf(side.map(({ seconds }) => seconds)).median / rates.flops;
  const bytes = decodeBytes(one, size);
  const decoding = spreadOf(one.ours.map(({ parts }) => parts?.decode ?? 0)).median;
  return {
    case: one.name,
    flops,
    ourMatrixShare: share(one.ours),
    peerMatrixShare: share(one.peer),
    decodeBytes: bytes > 0 ? bytes : null,
    ourMemoryShare: bytes > 0 && decoding > 0 ? bytes / decoding / rates.bytes : null,
  };
}
