import type { Case } from "../cases.ts";
import { type Shape, tinyShape } from "../prepare-model.ts";

/** A model of a public checkpoint's sizes with drawn weights, and the cases it is measured in. */
export interface NamedShape {
  readonly name: string;
  readonly shape: Shape;
  readonly pixels: number;
  readonly cases: readonly Case[];
}

const BASE = {
  groupSize: 4,
  tokens: 64,
  images: 8,
  epochs: 1,
  updatesPerRollout: 1,
  promptsPerRollout: 8,
  repetitions: 3,
} as const;

function casesOf(pixels: number, change: Partial<Case> = {}): Case[] {
  return [
    { ...BASE, name: "sft", kind: "sft", pixels, groupSize: 1, images: 16, ...change },
    { ...BASE, name: "grpo", kind: "grpo", pixels, ...change },
    { ...BASE, name: "grpo-512-tokens", kind: "grpo", pixels, tokens: 512, repetitions: 2, ...change },
    { ...BASE, name: "generate", kind: "generate", pixels, ...change },
  ];
}

/** MedGemma-4B: google/gemma-3-4b's text model, SigLIP at 896 pixels. */
const MEDGEMMA_4B: NamedShape = {
  name: "medgemma-4b",
  pixels: 896,
  shape: {
    family: "gemma3",
    spec: {
      hidden: 2560,
      layers: 34,
      heads: 8,
      kv_heads: 4,
      head_dim: 256,
      mlp: 10_240,
      vocabulary: 2048,
      sliding_window: 1024,
      full_every: 6,
      max_positions: 131_072,
      image_size: 896,
      patch: 14,
      visual_tokens: 256,
      vision_hidden: 1152,
      vision_layers: 27,
      vision_heads: 16,
      vision_mlp: 4304,
    },
    overrides: { text_config: { vocab_size: 262_208 } },
    dtype: "bfloat16",
    endOfTurn: "<end_of_turn>",
  },
  cases: casesOf(896),
};

/** Qwen2.5-VL-3B, its pictures held to 256 visual tokens at most. */
const QWEN_3B: NamedShape = {
  name: "qwen2.5-vl-3b",
  pixels: 448,
  shape: {
    family: "qwen2_5_vl",
    spec: {
      hidden: 2048,
      layers: 36,
      heads: 16,
      kv_heads: 2,
      head_dim: 128,
      mlp: 11_008,
      vocabulary: 2048,
      max_positions: 128_000,
      patch: 14,
      visual_tokens: 256,
      min_visual_tokens: 4,
      vision_hidden: 1280,
      vision_layers: 32,
      vision_heads: 16,
      vision_mlp: 3420,
      vision_window: 112,
    },
    overrides: {
      text_config: { vocab_size: 151_936 },
      vision_config: { fullatt_block_indexes: [7, 15, 23, 31] },
    },
    dtype: "bfloat16",
    endOfTurn: "<|im_end|>",
  },
  cases: casesOf(448),
};

/** To see that a packed folder runs, on any machine: no figures to speak of. */
const TINY: NamedShape = {
  name: "tiny",
  pixels: 112,
  shape: tinyShape(112),
  cases: casesOf(112, { tokens: 16, images: 4, promptsPerRollout: 4, repetitions: 1 }).slice(0, 2),
};

export const SHAPES: readonly NamedShape[] = [MEDGEMMA_4B, QWEN_3B, TINY];
