import path from "node:path";
import { z } from "zod";
import type { AdamWSettings, Engine } from "../engine/engine.ts";
import type { AnswerContract } from "../prompts/prompt.ts";
import type { Reward } from "../rewards/reward.ts";
import type { OnProgress } from "../util/progress.ts";
import { randomStream } from "../util/random.ts";
import { slices } from "../util/slices.ts";
import { checkpointAdapter, latestCheckpoint, pruneCheckpoints, writeCheckpoint } from "./checkpoint.ts";
import {
  grpoUpdate,
  type NormalisationName,
  type OldLogprobs,
  type RolloutGroup,
  type UpdateDiagnostics,
} from "./grpo-update.ts";
import { type JsonLines, openJsonLines } from "./json-lines.ts";
import { type AdvantageScaling, groupAdvantages } from "./objectives/advantage.ts";
import { requireExamples } from "./require-examples.ts";
import {
  checkScores,
  type GrpoExample,
  type ReadCompletion,
  referenceLogprobs,
  type SamplingSettings,
  sampleRollout,
  toRewarded,
} from "./rollout.ts";
import { rolloutStatistics } from "./rollout-statistics.ts";
import { type Schedule, scheduleFactor } from "./schedule.ts";
import { validateReader } from "./validate-reader.ts";

/**
 * GRPO from the SFT checkpoint, which is also the frozen reference (the paper's Section 3.2.2). Dropout is off
 * throughout, so that a ratio differs from 1 only because the weights moved.
 *
 * A checkpoint stands between rollout batches, never inside one; so there is no half-used rollout to save.
 */
export interface GrpoTrainSettings extends SamplingSettings {
  readonly clipLow: number;
  readonly clipHigh: number;
  readonly beta: number;
  readonly normalisation: NormalisationName;
  readonly advantage: AdvantageScaling;
  readonly promptsPerRollout: number;
  readonly updatesPerRollout: number;
  readonly epochs: number;
  readonly microBatch: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly checkpointEvery: number;
  readonly validateEvery: number;
}

export interface GrpoRun {
  readonly engine: Engine;
  readonly runFolder: string;
  /** Folder of the SFT checkpoint's adapter: where the policy starts, and the reference. */
  readonly start: string;
  readonly train: readonly GrpoExample[];
  readonly validation: readonly GrpoExample[];
  readonly reward: Reward;
  readonly answer: AnswerContract;
  readonly settings: GrpoTrainSettings;
  readonly seed: number;
  readonly onProgress?: OnProgress;
}

export interface GrpoOutcome {
  readonly lastRollout: number;
  readonly bestRollout: number;
  readonly bestValidationJaccard: number;
  readonly bestAdapter: string;
  readonly lastAdapter: string;
}

const stateSchema = z.object({
  /** Rollouts done; also names the checkpoint. */
  rollout: z.int(),
  bestRollout: z.int(),
  bestValidationJaccard: z.number(),
  metricsBytes: z.int(),
  samplesBytes: z.int(),
  /** The reward's own memory, e.g. the nuanced reward's window. */
  reward: z.unknown(),
});
type GrpoState = z.infer<typeof stateSchema>;

const POLICY = "policy";
const REFERENCE = "reference";
/** Torch's defaults; unstated in the paper. */
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

interface Logs {
  readonly metrics: JsonLines;
  readonly samples: JsonLines;
}

/**
 * Trains, or goes on from the last checkpoint to the same bytes.
 * @throws UserError when a set is empty, a checkpoint is not of this version, or the reward's scores do not fit.
 */
export async function trainGrpo(run: GrpoRun): Promise<GrpoOutcome> {
  const { engine, runFolder, settings, train, validation } = run;
  requireExamples({ train, validation });
  const saved = await latestCheckpoint(runFolder, stateSchema);
  await engine.newAdapter(REFERENCE, { folder: run.start }, false);
  await engine.newAdapter(POLICY, { folder: saved?.adapter ?? run.start }, true);
  if (saved !== null) await engine.loadState(POLICY, saved.adapter, { optimizer: true });
  const logs: Logs = {
    metrics: await openJsonLines(path.join(runFolder, "metrics.jsonl"), saved?.state.metricsBytes ?? 0),
    samples: await openJsonLines(path.join(runFolder, "samples.jsonl"), saved?.state.samplesBytes ?? 0),
  };
  let state = saved?.state ?? (await firstState(run, logs));
  const batches = rolloutBatches(run);

  while (state.rollout < batches.length) {
    state = await rolloutAndLearn(run, logs, state, batches);
    const isLast = state.rollout === batches.length;
    const validates = isLast || state.rollout % settings.validateEvery === 0;
    if (validates) state = await validate(run, logs, state);
    if (validates || state.rollout % settings.checkpointEvery === 0)
      state = await checkpoint(run, logs, state);
  }
  return {
    lastRollout: state.rollout,
    bestRollout: state.bestRollout,
    bestValidationJaccard: state.bestValidationJaccard,
    bestAdapter: checkpointAdapter(runFolder, state.bestRollout),
    lastAdapter: checkpointAdapter(runFolder, state.rollout),
  };
}

/** The start counts as a candidate for `best`: training that only harms must be able to say so. */
async function firstState(run: GrpoRun, logs: Logs): Promise<GrpoState> {
  const { engine, validation, settings, answer } = run;
  const read = await validateReader(engine, POLICY, validation, { maxTokens: settings.maxTokens, answer });
  await logs.metrics.append({ kind: "validation", rollout: 0, ...read });
  const state: GrpoState = {
    rollout: 0,
    bestRollout: 0,
    bestValidationJaccard: read.jaccard,
    metricsBytes: 0,
    samplesBytes: 0,
    reward: null,
  };
  return checkpoint(run, logs, state);
}

/** The images of each rollout: every epoch in an order of its own, from the seed and the epoch alone. */
function rolloutBatches({ train, settings, seed }: GrpoRun): GrpoExample[][] {
  return Array.from({ length: settings.epochs }, (_, epoch) =>
    slices(randomStream(seed, "grpo-order", epoch).shuffle(train), settings.promptsPerRollout),
  ).flat();
}

async function rolloutAndLearn(
  run: GrpoRun,
  logs: Logs,
  state: GrpoState,
  batches: readonly GrpoExample[][],
): Promise<GrpoState> {
  const { engine, settings, seed, answer, reward } = run;
  const examples = batches[state.rollout] ?? [];
  const rollout = state.rollout + 1;
  const sampling = {
    groupSize: settings.groupSize,
    temperature: settings.temperature,
    topP: settings.topP,
    maxTokens: settings.maxTokens,
    answer,
  };
  const read = await sampleRollout(engine, POLICY, examples, sampling, seed, rollout);
  const step = state.rollout * settings.updatesPerRollout;
  const asked = toRewarded(examples, read);
  const rewarded = reward(asked, { step, answer }, state.reward ?? null);
  checkScores(asked, rewarded.scores);
  const scoresByGroup = slices(rewarded.scores, settings.groupSize);

  const sampled = examples.map(({ handle }, p) => ({
    handle,
    tokens: (read[p] ?? []).map((completion) => completion.sampled.tokens),
  }));
  const reference = await referenceLogprobs(
    engine,
    REFERENCE,
    sampled,
    settings.temperature,
    settings.microBatch,
  );
  const groups: RolloutGroup[] = sampled.map((group, p) => ({
    ...group,
    advantages: groupAdvantages(
      (scoresByGroup[p] ?? []).map(({ total }) => total),
      settings.advantage,
    ),
    referenceLogprobs: reference[p] ?? [],
  }));

  const totalUpdates = batches.length * settings.updatesPerRollout;
  let old: OldLogprobs | null = null;
  const updates: (UpdateDiagnostics & { readonly learningRate: number })[] = [];
  for (let update = 0; update < settings.updatesPerRollout; update++) {
    const adamw: AdamWSettings = {
      ...ADAMW,
      learningRate: settings.learningRate * scheduleFactor(settings.schedule, step + update, totalUpdates),
      weightDecay: settings.weightDecay,
      clipNorm: settings.clipNorm,
    };
    const { learningRate } = adamw;
    const result = await grpoUpdate(engine, POLICY, groups, old, step + update + 1, adamw, {
      objective: { clipLow: settings.clipLow, clipHigh: settings.clipHigh, beta: settings.beta },
      normalisation: settings.normalisation,
      maxTokens: settings.maxTokens,
      temperature: settings.temperature,
      microBatch: settings.microBatch,
    });
    old = result.old;
    updates.push({ learningRate, ...result.diagnostics });
  }
  const statistics = rolloutStatistics(read, rewarded.scores);
  await logs.metrics.append({
    kind: "rollout",
    rollout,
    step: step + updates.length,
    ...statistics,
    updates,
  });
  await logSamples(logs, rollout, examples, read, scoresByGroup);
  run.onProgress?.({
    done: rollout,
    total: batches.length,
    unit: "rollouts",
    note: `reward ${statistics.reward.toFixed(3)}`,
  });
  return { ...state, rollout, reward: rewarded.state };
}

/** All completions of a rollout, with what they earned: the radiologist's way in. */
async function logSamples(
  logs: Logs,
  rollout: number,
  examples: readonly GrpoExample[],
  read: readonly (readonly ReadCompletion[])[],
  scores: readonly (readonly { total: number; components: Readonly<Record<string, number>> }[])[],
): Promise<void> {
  for (const [p, { id, truth }] of examples.entries()) {
    for (const [g, { sampled, parsed }] of (read[p] ?? []).entries()) {
      await logs.samples.append({
        rollout,
        id,
        completion: g,
        text: sampled.text,
        finish: sampled.finish,
        truth,
        predicted: parsed.outcome === "labels" ? parsed.labels : null,
        failure: parsed.outcome === "failed" ? parsed.reason : null,
        reward: scores[p]?.[g]?.total,
        components: scores[p]?.[g]?.components,
      });
    }
  }
}

async function validate(run: GrpoRun, logs: Logs, state: GrpoState): Promise<GrpoState> {
  const { engine, validation, settings, answer } = run;
  const read = await validateReader(engine, POLICY, validation, { maxTokens: settings.maxTokens, answer });
  await logs.metrics.append({ kind: "validation", rollout: state.rollout, ...read });
  return read.jaccard > state.bestValidationJaccard
    ? { ...state, bestRollout: state.rollout, bestValidationJaccard: read.jaccard }
    : state;
}

async function checkpoint({ engine, runFolder }: GrpoRun, logs: Logs, state: GrpoState): Promise<GrpoState> {
  await logs.metrics.sync();
  await logs.samples.sync();
  const next = { ...state, metricsBytes: logs.metrics.bytes(), samplesBytes: logs.samples.bytes() };
  await writeCheckpoint(engine, runFolder, { step: state.rollout, adapter: POLICY, state: next });
  await pruneCheckpoints(runFolder, [state.rollout, state.bestRollout]);
  return next;
}
