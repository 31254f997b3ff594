import { z } from "zod";
import { studyRewardSettings } from "../../rewards/load-reward.ts";
import { microBatchSchema } from "../../training/micro-batches.ts";
import { CHOICE_METRICS } from "../../training/validate-reader.ts";
import { OURS, paper, UNSTATED } from "./source.ts";

const SFT_RECIPE = paper("3.2.1");
const GRPO_RECIPE = paper("3.2.2");

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("cosine"), warmup: z.number().min(0).max(1) }),
  z.strictObject({ kind: z.literal("constant"), warmup: z.number().min(0).max(1) }),
]);

/** LoRA on the language model's attention and feed-forward projections. */
export const loraSchema = z.strictObject({
  rank: z.int().positive().default(16).meta(SFT_RECIPE),
  alpha: z.number().positive().default(32).meta(SFT_RECIPE),
  dropout: z.number().min(0).max(0.9).default(0.1).meta(SFT_RECIPE),
});

export const sftSchema = z.strictObject({
  lora: loraSchema.prefault({}),
  epochs: z.int().positive().default(6).meta(SFT_RECIPE),
  /** Epochs without a better held-out loss before training ends; 0 never ends it early. */
  patience: z.int().min(0).default(2).meta(SFT_RECIPE),
  /** Share of the traces held out, by patient, for early stopping. */
  heldOut: z.number().gt(0).lt(1).default(0.1).meta(SFT_RECIPE),
  batch: z.int().positive().default(8).meta(SFT_RECIPE),
  /** Sequences of one Forward on each rank; or `{ tokens }`: as many as fill so many, prompts and padding included. */
  microBatch: microBatchSchema.default(1).meta(OURS),
  learningRate: z.number().positive().default(5e-5).meta(SFT_RECIPE),
  schedule: schedule.default({ kind: "cosine", warmup: 0.05 }).meta(SFT_RECIPE),
  weightDecay: z.number().min(0).default(0.01).meta(SFT_RECIPE),
  clipNorm: z.number().min(0).default(5).meta(SFT_RECIPE),
  /** The default is transformers' loss under gradient accumulation. */
  normalisation: z.enum(["token-mean", "sequence-mean"]).default("token-mean").meta(UNSTATED),
  /** Updates between checkpoints, besides one at each epoch's end. */
  checkpointEvery: z.int().positive().default(50).meta(OURS),
});

/** When GRPO has collapsed, and what to do then: src/training/collapse-monitor.ts. */
const collapseSchema = z.strictObject({
  /** `warn` writes it down; `stop` ends training; `restore` goes back to the last checkpoint before, and on from there. */
  action: z.enum(["warn", "stop", "restore"]).default("warn").meta(OURS),
  /** Share of the first rollout's entropy, below which it has dropped. */
  entropyFloor: z.number().min(0).max(1).default(0.1).meta(OURS),
  /** Share of the answers that name one label, above which it dominates: the nuanced reward's. */
  dominance: z.number().min(0).max(1).default(0.7).meta(paper("3.2.2")),
  /** Share of completions that repeat themselves, and of those that are another image's to the letter. */
  looping: z.number().min(0).max(1).default(0.25).meta(OURS),
  sameText: z.number().min(0).max(1).default(0.5).meta(OURS),
  /** Rollouts in a row. */
  patience: z.int().positive().default(3).meta(OURS),
  /** How often `restore` goes back before it stops instead. */
  restores: z.int().min(0).default(2).meta(OURS),
});

export const grpoSchema = z.strictObject({
  reward: studyRewardSettings.default(studyRewardSettings.parse({ kind: "hard" })).meta(paper("equation 3")),
  /**
   * A training that must not learn to see, to hold the real one against. `permuted-truth` pays each image by another's
   * labels (label frequencies and form still pay); `permuted-rewards` deals the rewards out anew among an image's
   * completions (nothing pays).
   */
  control: z.enum(["none", "permuted-truth", "permuted-rewards"]).default("none").meta(OURS),
  groupSize: z.int().min(2).default(4).meta(GRPO_RECIPE),
  temperature: z.number().positive().default(0.8).meta(GRPO_RECIPE),
  topP: z.number().gt(0).max(1).default(0.95).meta(GRPO_RECIPE),
  maxTokens: z.int().positive().default(1024).meta(UNSTATED),
  clipLow: z.number().min(0).default(0.15).meta(GRPO_RECIPE),
  clipHigh: z.number().min(0).default(0.22).meta(GRPO_RECIPE),
  beta: z.number().min(0).default(0.15).meta(GRPO_RECIPE),
  normalisation: z.enum(["constant", "batch-tokens", "sequence-mean"]).default("constant").meta(GRPO_RECIPE),
  /** Dr. GRPO, which the paper follows, does not divide by the group's spread. */
  advantage: z.enum(["none", "standard-deviation"]).default("none").meta(UNSTATED),
  /**
   * What a completion cut off at the limit teaches. `keep`: what the reward pays, nothing for an invalid answer, so that
   * running on is unlearnt; with `mask`, nothing at all, a policy could learn to run on unpunished. Hence the default.
   */
  truncated: z.enum(["keep", "mask"]).default("keep").meta(UNSTATED),
  /** Images of one rollout batch. */
  promptsPerRollout: z.int().positive().default(8).meta(UNSTATED),
  /** Updates on each rollout batch. With one the ratio is exactly 1 and the clip never acts. */
  updatesPerRollout: z.int().positive().default(2).meta(UNSTATED),
  /** Passes over the images. */
  epochs: z.int().positive().default(1).meta(UNSTATED),
  /** Groups of one Forward on each rank; or `{ tokens }`, as in SFT. Out of memory, either is halved and it goes on. */
  microBatch: microBatchSchema.default(1).meta(OURS),
  learningRate: z.number().positive().default(1e-6).meta(UNSTATED),
  schedule: schedule.default({ kind: "constant", warmup: 0 }).meta(UNSTATED),
  /** As in SFT. */
  weightDecay: z.number().min(0).default(0.01).meta(UNSTATED),
  clipNorm: z.number().min(0).default(5).meta(UNSTATED),
  collapse: collapseSchema.prefault({}),
  /** Rollouts between checkpoints. */
  checkpointEvery: z.int().positive().default(10).meta(OURS),
  /** Rollouts between validations; the last rollout has one as well. */
  validateEvery: z.int().positive().default(10).meta(OURS),
  /** Other hospitals that the best checkpoint is chosen by too, with the images drawn of each; no test patient is. */
  validateOn: z
    .record(z.string(), z.strictObject({ n: z.int().positive() }))
    .default({})
    .meta(OURS),
  /**
   * What `best` is chosen by: the mean over the hospitals of this metric on greedy readings. The paper takes the best F1,
   * on the set it reports.
   */
  chooseBy: z.enum(CHOICE_METRICS).default("jaccard").meta(OURS),
  /** Which checkpoint is evaluated: the best on the validation set, or the last (the paper's Table 4 has both). */
  evaluate: z.enum(["best", "last"]).default("best").meta(OURS),
});

export type LoraConfig = z.infer<typeof loraSchema>;
export type SftConfig = z.infer<typeof sftSchema>;
export type GrpoConfig = z.infer<typeof grpoSchema>;
