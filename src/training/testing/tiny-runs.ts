import type { Engine } from "../../engine/engine.ts";
import { makeReward, rewardSettings } from "../../rewards/reward-settings.ts";
import { trainGrpo } from "../grpo.ts";
import { trainSft } from "../sft.ts";
import { homeSet, UNMOVED } from "./home-set.ts";
import type { TinyExample } from "./tiny-line.ts";

/** What a run is made of; the same parts give the same bytes. */
export interface TinyRun {
  readonly engine: Engine;
  readonly examples: readonly TinyExample[];
  readonly runFolder: string;
  /** Folder of the adapter that GRPO starts from; SFT needs none. */
  readonly start: string;
}

/** Pictures that both runs need. */
export const TINY_IMAGES = 8;
/** Updates (SFT) or rollouts (GRPO) between two checkpoints. */
export const CHECKPOINT_EVERY = 2;
export const UPDATES_PER_ROLLOUT = 2;

export type RunName = "sft" | "grpo";

/** Small runs with everything in them that could come back different: dropout, order, schedule, a reward's memory. */
export const TINY_RUNS: Readonly<Record<RunName, (run: TinyRun) => Promise<unknown>>> = {
  sft: ({ engine, examples, runFolder }) =>
    trainSft({
      engine,
      runFolder,
      adapter: { kind: "lora", rank: 4, alpha: 8, dropout: 0.2 },
      train: examples.slice(0, 5),
      validation: examples.slice(6, 8),
      settings: {
        epochs: 2,
        patience: 2,
        batch: 2,
        microBatch: 1,
        learningRate: 2e-3,
        schedule: { kind: "cosine", warmup: 0.2 },
        weightDecay: 0.01,
        clipNorm: 5,
        normalisation: "token-mean",
        checkpointEvery: CHECKPOINT_EVERY,
      },
      seed: 7,
    }),
  grpo: ({ engine, examples, runFolder, start }) =>
    trainGrpo({
      engine,
      runFolder,
      start,
      train: examples.slice(0, 5),
      validation: homeSet(examples.slice(6, 8)),
      reward: makeReward(rewardSettings.parse({ kind: "nuanced", windowSize: 10, dominance: 0.2 })),
      answer: "reasoned",
      settings: {
        clipLow: 0.15,
        clipHigh: 0.22,
        beta: 0.15,
        normalisation: "constant",
        advantage: "none",
        truncated: "keep",
        collapse: UNMOVED,
        chooseBy: "jaccard",
        promptsPerRollout: 2,
        updatesPerRollout: UPDATES_PER_ROLLOUT,
        epochs: 2,
        microBatch: 1,
        groupSize: 3,
        temperature: 0.8,
        topP: 0.95,
        maxTokens: 80,
        learningRate: 1e-3,
        schedule: { kind: "cosine", warmup: 0.2 },
        weightDecay: 0.01,
        clipNorm: 5,
        checkpointEvery: CHECKPOINT_EVERY,
        validateEvery: 4,
      },
      seed: 7,
    }),
};
