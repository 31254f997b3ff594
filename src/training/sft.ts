import path from "node:path";
import { z } from "zod";
import type { AdamWSettings, AdapterOrigin, Engine, TokenScores } from "../engine/engine.ts";
import type { OnProgress } from "../util/progress.ts";
import { randomStream, seed64 } from "../util/random.ts";
import { slices } from "../util/slices.ts";
import { checkpointAdapter, latestCheckpoint, pruneCheckpoints, writeCheckpoint } from "./checkpoint.ts";
import { type JsonLines, openJsonLines } from "./json-lines.ts";
import { forEachMicroBatch, halvingsNote, type MicroBatch, type MicroBatching } from "./micro-batches.ts";
import { type SftNormalisation, sftObjective, sftTokenWeight } from "./objectives/sft.ts";
import { requireExamples } from "./require-examples.ts";
import { type Schedule, scheduleFactor } from "./schedule.ts";

/**
 * Supervised fine-tuning on a teacher's traces (the paper's Section 3.2.1): early stopping on the validation loss,
 * the best checkpoint kept. The loss is on the assistant's tokens alone, because they are all that Forward scores.
 *
 * The same loop trains a whole model (`adapter: { kind: "full" }`); that is how the phantom models were made.
 */
export interface SftSettings {
  readonly epochs: number;
  /** Epochs without a lower validation loss before the end; 0: never end early. */
  readonly patience: number;
  /** Sequences of one update. */
  readonly batch: number;
  /** What one Forward takes; the batch is made of these by accumulation. */
  readonly microBatch: MicroBatch;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly normalisation: SftNormalisation;
  /** Updates between checkpoints; each epoch's end has one besides. */
  readonly checkpointEvery: number;
}

/** A trace ready for the engine. */
export interface SftExample {
  readonly id: string;
  readonly handle: string;
  /** Length of the prompt, image tokens included. */
  readonly promptTokens: number;
  /** The assistant's turn, end of turn included. (T) */
  readonly tokens: readonly number[];
}

export type SftAdapter =
  | { readonly kind: "lora"; readonly rank: number; readonly alpha: number; readonly dropout: number }
  | { readonly kind: "full" };

export interface SftRun {
  readonly engine: Engine;
  readonly runFolder: string;
  readonly adapter: SftAdapter;
  readonly train: readonly SftExample[];
  readonly validation: readonly SftExample[];
  readonly settings: SftSettings;
  readonly seed: number;
  readonly onProgress?: OnProgress;
}

export interface SftOutcome {
  readonly stopped: "patience" | "epochs";
  readonly lastStep: number;
  readonly bestStep: number;
  readonly bestValidationLoss: number;
  /** Folder of the best checkpoint's adapter. */
  readonly bestAdapter: string;
}

const stateSchema = z.object({
  step: z.int(),
  epochsWithoutGain: z.int(),
  bestStep: z.int().nullable(),
  bestValidationLoss: z.number().nullable(),
  stopped: z.enum(["patience", "epochs"]).nullable(),
  metricsBytes: z.int(),
  /** How often micro-batches were halved for want of memory. */
  halvings: z.int().default(0),
});
type SftState = z.infer<typeof stateSchema>;

/** AdamW's constants are unstated in the paper: torch's. */
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** The name the contract gives to a wholly trainable model. */
const FULL = "full";
const POLICY = "policy";

/**
 * Trains, or goes on from the last checkpoint to the same bytes.
 * @throws UserError when a set is empty, or a checkpoint is not of this version.
 */
export async function trainSft(run: SftRun): Promise<SftOutcome> {
  const { engine, runFolder, settings, train } = run;
  requireExamples({ train, validation: run.validation });
  const adapter = run.adapter.kind === "full" ? FULL : POLICY;
  const saved = await latestCheckpoint(runFolder, stateSchema);
  await startAdapter(run, adapter, saved?.adapter ?? null);
  let state: SftState = saved?.state ?? {
    step: 0,
    epochsWithoutGain: 0,
    bestStep: null,
    bestValidationLoss: null,
    stopped: null,
    metricsBytes: 0,
    halvings: 0,
  };
  const metrics = await openJsonLines(path.join(runFolder, "metrics.jsonl"), state.metricsBytes);
  const batching: MicroBatching = {
    limit: settings.microBatch,
    halvings: state.halvings,
    onHalved: (rows) =>
      metrics.append({ kind: "memory", step: state.step, rows, halvings: batching.halvings }),
  };
  const stepsPerEpoch = Math.ceil(train.length / settings.batch);
  const totalSteps = stepsPerEpoch * settings.epochs;

  const checkpoint = async (): Promise<void> => {
    await metrics.sync();
    state = { ...state, metricsBytes: metrics.bytes(), halvings: batching.halvings };
    await writeCheckpoint(engine, runFolder, { step: state.step, adapter, state });
    await prune(runFolder, state);
  };

  // A kill may have come between a checkpoint and the end of the older ones.
  if (saved !== null) await prune(runFolder, state);
  else {
    await metrics.append({
      kind: "validation",
      step: 0,
      epoch: 0,
      ...(await validate(run, adapter, batching)),
    });
    await checkpoint();
  }
  while (state.stopped === null) {
    const epoch = Math.floor(state.step / stepsPerEpoch);
    const batch = epochBatches(run, epoch)[state.step % stepsPerEpoch] ?? [];
    const learningRate = settings.learningRate * scheduleFactor(settings.schedule, state.step, totalSteps);
    const row = await update(run, adapter, batch, state.step, learningRate, batching);
    state = { ...state, step: state.step + 1 };
    await metrics.append({ kind: "step", step: state.step, epoch: state.step / stepsPerEpoch, ...row });
    run.onProgress?.({
      done: state.step,
      total: totalSteps,
      unit: "updates",
      note: `loss ${row.loss.toFixed(3)}${halvingsNote(batching)}`,
    });

    const epochEnds = state.step % stepsPerEpoch === 0;
    if (epochEnds) state = await endEpoch(run, adapter, state, metrics, totalSteps, stepsPerEpoch, batching);
    if (epochEnds || state.step % settings.checkpointEvery === 0) await checkpoint();
  }
  const bestStep = state.bestStep ?? state.step;
  return {
    stopped: state.stopped,
    lastStep: state.step,
    bestStep,
    bestValidationLoss: state.bestValidationLoss ?? Number.NaN,
    bestAdapter: checkpointAdapter(runFolder, bestStep),
  };
}

async function prune(runFolder: string, { step, bestStep }: SftState): Promise<void> {
  await pruneCheckpoints(runFolder, bestStep === null ? [step] : [step, bestStep]);
}

async function startAdapter(
  { engine, adapter, seed }: SftRun,
  name: string,
  from: string | null,
): Promise<void> {
  if (adapter.kind === "lora") {
    const { rank, alpha, dropout } = adapter;
    const origin: AdapterOrigin = from === null ? { lora: { rank, alpha, dropout, seed } } : { folder: from };
    await engine.newAdapter(name, origin, true);
  }
  if (from !== null) await engine.loadState(name, from, { optimizer: true });
}

/** The epoch's batches: a new order for each epoch, from the seed and the epoch alone. */
function epochBatches({ train, settings, seed }: SftRun, epoch: number): SftExample[][] {
  const order = randomStream(seed, "sft-order", epoch).shuffle(train);
  return slices(order, settings.batch);
}

async function update(
  { engine, settings, seed, adapter: kind }: SftRun,
  adapter: string,
  batch: readonly SftExample[],
  step: number,
  learningRate: number,
  batching: MicroBatching,
) {
  const size = { tokens: countTokens(batch), sequences: batch.length };
  const total = { loss: 0, correct: 0 };
  await engine.zeroGrad(adapter);
  await forEachMicroBatch(batch.map(sized), batching, async (micro, index) => {
    const weight = ({ tokens }: SftExample) =>
      tokens.map(() => sftTokenWeight(tokens.length, size, settings.normalisation));
    const { groups } = await engine.forward({
      groups: micro.map(({ row }) => ({ handle: row.handle, completions: [row.tokens] })),
      gradients: micro.map(({ row }) => [weight(row)]),
      adapter,
      // Dropout belongs to LoRA; a wholly trained model here has none.
      ...(kind.kind === "lora" ? { dropoutSeed: seed64(seed, "sft-dropout", step, index) } : {}),
    });
    const scores = groups.flat();
    total.loss += sftObjective(
      scores.map((s) => s.logprob),
      size,
      settings.normalisation,
    ).loss;
    total.correct += countCorrect(scores);
  });
  const adamw: AdamWSettings = {
    ...ADAMW,
    learningRate,
    weightDecay: settings.weightDecay,
    clipNorm: settings.clipNorm,
  };
  const { gradientNorm, outcome } = await engine.step(adapter, step + 1, adamw);
  return {
    loss: total.loss,
    tokenAccuracy: total.correct / size.tokens,
    learningRate,
    gradientNorm,
    outcome,
  };
}

async function validate({ engine, validation, settings }: SftRun, adapter: string, batching: MicroBatching) {
  const size = { tokens: countTokens(validation), sequences: validation.length };
  const total = { loss: 0, correct: 0 };
  await forEachMicroBatch(validation.map(sized), batching, async (micro) => {
    const { groups } = await engine.forward({
      groups: micro.map(({ row }) => ({ handle: row.handle, completions: [row.tokens] })),
      adapter,
    });
    const scores = groups.flat();
    total.loss += sftObjective(
      scores.map((s) => s.logprob),
      size,
      settings.normalisation,
    ).loss;
    total.correct += countCorrect(scores);
  });
  return { loss: total.loss, tokenAccuracy: total.correct / size.tokens };
}

async function endEpoch(
  run: SftRun,
  adapter: string,
  state: SftState,
  metrics: JsonLines,
  totalSteps: number,
  stepsPerEpoch: number,
  batching: MicroBatching,
): Promise<SftState> {
  const validation = await validate(run, adapter, batching);
  await metrics.append({
    kind: "validation",
    step: state.step,
    epoch: state.step / stepsPerEpoch,
    ...validation,
  });
  // A loss that is no number is never the best.
  const isBetter = validation.loss < (state.bestValidationLoss ?? Number.POSITIVE_INFINITY);
  const epochsWithoutGain = isBetter ? 0 : state.epochsWithoutGain + 1;
  const { patience } = run.settings;
  const stopped =
    patience > 0 && epochsWithoutGain >= patience ? "patience" : state.step >= totalSteps ? "epochs" : null;
  return {
    ...state,
    epochsWithoutGain,
    stopped,
    ...(isBetter ? { bestStep: state.step, bestValidationLoss: validation.loss } : {}),
  };
}

const sized = (example: SftExample) => ({ ...example, completionTokens: example.tokens.length });

const countTokens = (examples: readonly SftExample[]): number =>
  examples.reduce((sum, { tokens }) => sum + tokens.length, 0);

const countCorrect = (scores: readonly TokenScores[]): number =>
  scores.reduce((sum, { argmax }) => sum + argmax.filter(Boolean).length, 0);
