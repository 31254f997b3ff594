import { z } from "zod";
import { rewardSettings } from "../../rewards/reward-settings.ts";

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("cosine"), warmup: z.number().min(0).max(1) }),
  z.strictObject({ kind: z.literal("constant"), warmup: z.number().min(0).max(1) }),
]);

/** LoRA on the language model's attention and feed-forward projections (the paper, 3.2.1). */
export const loraSchema = z.strictObject({
  rank: z.int().positive().default(16),
  alpha: z.number().positive().default(32),
  dropout: z.number().min(0).max(0.9).default(0.1),
});

/** SFT. Every default is the paper's (3.2.1) unless its comment says otherwise. */
export const sftSchema = z.strictObject({
  lora: loraSchema.prefault({}),
  epochs: z.int().positive().default(6),
  patience: z.int().min(0).default(2),
  /** Share of the traces held out, by patient, for early stopping. */
  heldOut: z.number().gt(0).lt(1).default(0.1),
  batch: z.int().positive().default(8),
  microBatch: z.int().positive().default(1),
  learningRate: z.number().positive().default(5e-5),
  schedule: schedule.default({ kind: "cosine", warmup: 0.05 }),
  weightDecay: z.number().min(0).default(0.01),
  clipNorm: z.number().min(0).default(5),
  /** Unstated in the paper: transformers' loss under gradient accumulation. */
  normalisation: z.enum(["token-mean", "sequence-mean"]).default("token-mean"),
  /** Ours: updates between checkpoints, besides one at each epoch's end. */
  checkpointEvery: z.int().positive().default(50),
});

/** GRPO. Every default is the paper's (3.2.2) unless its comment says otherwise. */
export const grpoSchema = z.strictObject({
  reward: rewardSettings.default(rewardSettings.parse({ name: "hard" })),
  /** Whose labels the reward compares with. `permuted` gives each image another's: the control that must not gain. */
  truth: z.enum(["own", "permuted"]).default("own"),
  groupSize: z.int().min(2).default(4),
  temperature: z.number().positive().default(0.8),
  topP: z.number().gt(0).max(1).default(0.95),
  /** Unstated in the paper. */
  maxTokens: z.int().positive().default(1024),
  clipLow: z.number().min(0).default(0.15),
  clipHigh: z.number().min(0).default(0.22),
  beta: z.number().min(0).default(0.15),
  normalisation: z.enum(["constant", "batch-tokens", "sequence-mean"]).default("constant"),
  /** Unstated in the paper; Dr. GRPO does not divide. */
  advantage: z.enum(["none", "standard-deviation"]).default("none"),
  /** Images of one rollout batch; unstated in the paper. */
  promptsPerRollout: z.int().positive().default(8),
  /** Updates on each rollout batch; unstated. With one the ratio is exactly 1 and the clip never acts. */
  updatesPerRollout: z.int().positive().default(2),
  /** Passes over the images; unstated. */
  epochs: z.int().positive().default(1),
  /** Groups of one Forward. Ours. */
  microBatch: z.int().positive().default(1),
  /** Unstated in the paper. */
  learningRate: z.number().positive().default(1e-6),
  schedule: schedule.default({ kind: "constant", warmup: 0 }),
  /** Unstated in the paper for GRPO: as in SFT. */
  weightDecay: z.number().min(0).default(0.01),
  clipNorm: z.number().min(0).default(5),
  /** Rollouts between checkpoints. Ours. */
  checkpointEvery: z.int().positive().default(10),
  /** Rollouts between validations; the last rollout has one as well. Ours. */
  validateEvery: z.int().positive().default(10),
  /** Which checkpoint is evaluated: the best on the validation set, or the last (the paper's Table 4 has both). */
  evaluate: z.enum(["best", "last"]).default("best"),
});

export type LoraConfig = z.infer<typeof loraSchema>;
export type SftConfig = z.infer<typeof sftSchema>;
export type GrpoConfig = z.infer<typeof grpoSchema>;
