import { z } from "zod";
import { resultSchema } from "./job.ts";

const spread = z.object({ min: z.number(), median: z.number(), max: z.number() });
const options = z.object({ perDevice: z.int(), more: z.record(z.string(), z.unknown()).optional() });

const comparison = z.object({
  name: z.string(),
  kind: z.enum(["sft", "grpo", "generate"]),
  pixels: z.int(),
  groupSize: z.int(),
  tokens: z.int(),
  images: z.int(),
  epochs: z.int(),
  updatesPerRollout: z.int(),
  promptsPerRollout: z.int(),
  promptTokens: z.int(),
  ours: z.array(resultSchema),
  peer: z.array(resultSchema),
  /** The peer's seconds over ours, repetition by repetition. */
  ratio: spread,
  /** Seconds a sample: a sequence seen (SFT), a completion (GRPO, generate). */
  ourSecondsPerSample: spread,
  peerSecondsPerSample: spread,
  /** Tokens a second of `generate`, prompt and picture included. */
  ourTokensPerSecond: z.number().nullable(),
  peerTokensPerSecond: z.number().nullable(),
  /** Highest memory: ours of the engine and of Node together, the peer's of its one process. */
  ourPeakBytes: z.number(),
  ourNodePeakBytes: z.number(),
  peerPeakBytes: z.number(),
  /** Mean training loss, ours over the peer's, less 1: both did the same work. SFT only. */
  lossDifference: z.number().nullable(),
});
export type Comparison = z.infer<typeof comparison>;

const ablation = z.object({
  name: z.string(),
  case: z.string(),
  /** Seconds without the saving over seconds with all of them. */
  slowdown: spread,
  withAll: z.array(z.number()),
  without: z.array(z.number()),
  peakBytesWithAll: z.number(),
  peakBytesWithout: z.number(),
});
export type Ablation = z.infer<typeof ablation>;

const timeRow = z.object({ case: z.string(), seconds: z.record(z.string(), z.number()) });
export type TimeRow = z.infer<typeof timeRow>;

const workRow = z.object({
  case: z.string(),
  /** Useful FLOPs of a repetition, what they took, and the share of the measured matrix rate. */
  flops: z.number(),
  ourMatrixShare: z.number(),
  peerMatrixShare: z.number(),
  /** Bytes that decoding must read, and the share of the measured copy rate. */
  decodeBytes: z.number().nullable(),
  ourMemoryShare: z.number().nullable(),
});
export type WorkRow = z.infer<typeof workRow>;

const trial = z.object({
  kind: z.enum(["sft", "grpo", "generate"]),
  side: z.enum(["ours", "peer"]),
  name: z.string(),
  /** Null where it does not work, and then why. */
  seconds: z.number().nullable(),
  fault: z.string().optional(),
  isChosen: z.boolean(),
});
export type Trial = z.infer<typeof trial>;

/** bench/results/peers.json */
export const resultsSchema = z.object({
  schema: z.literal("chexreason.bench-peers/1"),
  date: z.string(),
  machine: z.string(),
  loadBefore: z.number(),
  threads: z.int(),
  minutes: z.number(),
  versions: z.object({ ours: z.record(z.string(), z.string()), peer: z.record(z.string(), z.string()) }),
  rates: z.object({ threads: z.int(), dtype: z.string(), flops: z.number(), bytes: z.number() }),
  model: z.record(z.string(), z.number()),
  settings: z.object({
    lora: z.record(z.string(), z.number()),
    sft: z.record(z.string(), z.number()),
    grpo: z.record(z.string(), z.number()),
    ours: z.record(z.string(), z.object({ microBatch: z.int() })),
    peer: z.record(z.string(), options),
  }),
  trials: z.array(trial),
  comparisons: z.array(comparison),
  ablations: z.array(ablation),
  times: z.array(timeRow),
  work: z.array(workRow),
  failed: z.array(z.object({ name: z.string(), error: z.string() })),
});
export type BenchResults = z.infer<typeof resultsSchema>;
