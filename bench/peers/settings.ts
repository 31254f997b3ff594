import type { CollapseSettings } from "../../src/training/collapse-monitor.ts";
import type { GrpoTrainSettings } from "../../src/training/grpo-run.ts";
import type { SftSettings } from "../../src/training/sft.ts";

/**
 * The tiny Gemma 3 of the benchmark: MedGemma-4B's proportions (width, layers, heads, MLP, tower, one full layer in
 * six, patches of 14 pixels, four patches a visual token) at a twentieth of its width and a sixth of its depth. The
 * vocabulary is what the traces give, 2,048 at most.
 */
export const TINY_SPEC = {
  hidden: 128,
  layers: 6,
  heads: 4,
  kv_heads: 2,
  head_dim: 32,
  mlp: 512,
  vocabulary: 2048,
  sliding_window: 512,
  full_every: 6,
  max_positions: 4096,
  patch: 14,
  vision_hidden: 64,
  vision_layers: 5,
  vision_heads: 4,
  vision_mlp: 240,
} as const;

/** Visual tokens of a picture with that many pixels a side. */
export const visualTokens = (pixels: number): number => (pixels / TINY_SPEC.patch / 2) ** 2;

export const SEED = 17;
export const LORA = { rank: 16, alpha: 32, dropout: 0 } as const;
export const FORMAT = "free";

/** Both sides' SFT. Constant learning rate, since a schedule costs nothing. */
export const SFT = {
  batch: 4,
  learningRate: 1e-4,
  weightDecay: 0.01,
  clipNorm: 1,
} as const;

/** Both sides' GRPO: the paper's loss. One update a rollout unless a case says otherwise: TRL's default. */
export const GRPO = {
  clipLow: 0.15,
  clipHigh: 0.22,
  beta: 0.15,
  temperature: 0.8,
  topP: 0.95,
  learningRate: 1e-5,
  weightDecay: 0.01,
  clipNorm: 1,
} as const;

/** Our own settings beside those. */
export interface OurOptions {
  /** Sequences (SFT) or groups (GRPO) of one Forward. */
  readonly microBatch: number;
}

/** TRL's own settings beside those; `more` is handed to its configuration as it is. */
export interface PeerOptions {
  /** Sequences of one forward and backward; the batch is made of these by accumulation. */
  readonly perDevice: number;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** What our line takes, made of a job's numbers. */
export function sftSettings(epochs: number, { microBatch }: OurOptions): SftSettings {
  return {
    ...SFT,
    epochs,
    microBatch,
    patience: 0,
    schedule: { kind: "constant", warmup: 0 },
    normalisation: "token-mean",
    checkpointEvery: 1_000_000,
  };
}

/** Random text looks like a collapse to the monitor, which must only watch. */
const ONLY_WATCH: CollapseSettings = {
  action: "warn",
  entropyFloor: 0,
  dominance: 1,
  looping: 1,
  sameText: 1,
  patience: 1_000_000,
  restores: 0,
};

export function grpoSettings(
  size: Pick<GrpoTrainSettings, "groupSize" | "maxTokens" | "promptsPerRollout" | "updatesPerRollout">,
  { microBatch }: OurOptions,
): GrpoTrainSettings {
  return {
    ...GRPO,
    ...size,
    microBatch,
    normalisation: "constant",
    advantage: "none",
    truncated: "keep",
    epochs: 1,
    schedule: { kind: "constant", warmup: 0 },
    collapse: ONLY_WATCH,
    checkpointEvery: 1_000_000,
    validateEvery: 1_000_000,
    chooseBy: "jaccard",
  };
}
