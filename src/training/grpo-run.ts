import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import type { AnswerContract } from "../prompts/prompt.ts";
import type { Reward } from "../rewards/reward.ts";
import type { OnProgress } from "../util/progress.ts";
import { type CollapseSettings, monitorStateSchema } from "./collapse-monitor.ts";
import type { NormalisationName } from "./grpo-update.ts";
import type { JsonLines } from "./json-lines.ts";
import type { MicroBatch } from "./micro-batches.ts";
import type { AdvantageScaling } from "./objectives/advantage.ts";
import type { GrpoExample, SamplingSettings } from "./rollout.ts";
import type { Schedule } from "./schedule.ts";
import type { ChoiceMetric, ValidationSet } from "./validate-reader.ts";

export interface GrpoTrainSettings extends SamplingSettings {
  readonly clipLow: number;
  readonly clipHigh: number;
  readonly beta: number;
  readonly normalisation: NormalisationName;
  readonly advantage: AdvantageScaling;
  /**
   * What a completion that the token limit cut off teaches. `keep`: what the reward pays for it (0 as an invalid answer),
   * so that running on is unlearnt. `mask`: nothing; it still counts in the group's mean and in the normalisation by a
   * constant and by completions, as in TRL.
   */
  readonly truncated: "keep" | "mask";
  readonly promptsPerRollout: number;
  readonly updatesPerRollout: number;
  readonly epochs: number;
  readonly microBatch: MicroBatch;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly collapse: CollapseSettings;
  readonly checkpointEvery: number;
  readonly validateEvery: number;
  /** What `best` is chosen by: this metric's mean over the validation sets. */
  readonly chooseBy: ChoiceMetric;
}

export interface GrpoRun {
  readonly engine: Engine;
  readonly runFolder: string;
  /** Folder of the SFT checkpoint's adapter: where the policy starts, and the reference. */
  readonly start: string;
  readonly train: readonly GrpoExample[];
  /** The training hospital's first, then any other that the choice may look at. */
  readonly validation: readonly ValidationSet[];
  readonly reward: Reward;
  readonly answer: AnswerContract;
  readonly settings: GrpoTrainSettings;
  readonly seed: number;
  readonly onProgress?: OnProgress;
}

export interface GrpoOutcome {
  /** `collapse`: the monitor's setting ended it. */
  readonly stopped: "epochs" | "collapse";
  readonly lastRollout: number;
  readonly bestRollout: number;
  /** Of the metric chosen by. */
  readonly bestValue: number;
  /** How often a sound checkpoint was gone back to. */
  readonly restores: number;
  readonly bestAdapter: string;
  readonly lastAdapter: string;
}

/** What a checkpoint holds of the run beside the adapter and its optimizer. */
export const grpoStateSchema = z.object({
  /** Rollouts done; also names the checkpoint. */
  rollout: z.int(),
  /** Updates that the weights have had: fewer than the rollouts made once a checkpoint was gone back to. */
  updates: z.int(),
  bestRollout: z.int(),
  bestValue: z.number(),
  /** The last checkpoint made while no rule of the monitor held. */
  soundRollout: z.int(),
  restores: z.int(),
  stopped: z.enum(["epochs", "collapse"]).nullable(),
  monitor: monitorStateSchema,
  metricsBytes: z.int(),
  samplesBytes: z.int(),
  /** How often micro-batches were halved for want of memory. */
  halvings: z.int().default(0),
  /** The reward's own memory, e.g. the nuanced reward's window. */
  reward: z.unknown(),
});
export type GrpoState = z.infer<typeof grpoStateSchema>;

/** The run's two files of JSON lines. */
export interface GrpoLogs {
  readonly metrics: JsonLines;
  readonly samples: JsonLines;
}

/** Names of the adapters in the engine. */
export const POLICY = "policy";
export const REFERENCE = "reference";
