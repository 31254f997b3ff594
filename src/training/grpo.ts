import path from "node:path";
import { randomStream } from "../util/random.ts";
import { slices } from "../util/slices.ts";
import {
  checkpointAdapter,
  latestCheckpoint,
  pruneCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import {
  type CollapseAlarm,
  FIRST_MONITOR,
  forgetStreaks,
  isSound,
  watchCollapse,
} from "./collapse-monitor.ts";
import { type RolloutOutcome, rolloutAndLearn } from "./grpo-rollout.ts";
import {
  type GrpoLogs,
  type GrpoOutcome,
  type GrpoRun,
  type GrpoState,
  grpoStateSchema,
  POLICY,
  REFERENCE,
} from "./grpo-run.ts";
import { chooseBest, validate } from "./grpo-validation.ts";
import { openJsonLines } from "./json-lines.ts";
import { halvingsNote } from "./micro-batches.ts";
import { requireExamples } from "./require-examples.ts";
import type { GrpoExample } from "./rollout.ts";

/**
 * GRPO from the SFT checkpoint, which is also the frozen reference (the paper's Section 3.2.2). Dropout is off
 * throughout, so that a ratio differs from 1 only because the weights moved.
 *
 * A checkpoint stands between rollout batches, never inside one; so there is no half-used rollout to save. Trains, or
 * goes on from the last checkpoint to the same bytes.
 * @throws UserError when a set is empty, a checkpoint is not of this version, or the reward's scores do not fit.
 */
export async function trainGrpo(run: GrpoRun): Promise<GrpoOutcome> {
  const { engine, runFolder, settings, train, validation } = run;
  const further = validation.slice(1).map(({ data, examples }) => [`${data} validation`, examples] as const);
  requireExamples({
    train,
    validation: validation[0]?.examples ?? [],
    ...Object.fromEntries(further),
  });
  const saved = await latestCheckpoint(runFolder, grpoStateSchema);
  await engine.newAdapter(REFERENCE, { folder: run.start }, false);
  await engine.newAdapter(POLICY, { folder: saved?.adapter ?? run.start }, true);
  if (saved !== null) await engine.loadState(POLICY, saved.adapter, { optimizer: true });
  const logs: GrpoLogs = {
    metrics: await openJsonLines(path.join(runFolder, "metrics.jsonl"), saved?.state.metricsBytes ?? 0),
    samples: await openJsonLines(path.join(runFolder, "samples.jsonl"), saved?.state.samplesBytes ?? 0),
  };
  // A kill may have come between a checkpoint and the end of the older ones.
  if (saved !== null) await prune(runFolder, saved.state);
  let state = saved?.state ?? (await firstState(run, logs));
  const batches = rolloutBatches(run);

  while (state.stopped === null) {
    const outcome = await rolloutAndLearn(run, logs, state, batches);
    const watched = await watch(run, logs, outcome);
    state = watched.state;
    tell(run, outcome, watched.standing, batches.length);
    if (state.stopped === null && state.rollout === batches.length) state = { ...state, stopped: "epochs" };
    const validates = state.stopped !== null || state.rollout % settings.validateEvery === 0;
    if (validates) state = chooseBest(state, await validate(run, logs, state.rollout));
    if (validates || state.rollout % settings.checkpointEvery === 0)
      state = await checkpoint(run, logs, state);
  }
  return {
    stopped: state.stopped,
    lastRollout: state.rollout,
    bestRollout: state.bestRollout,
    bestValue: state.bestValue,
    restores: state.restores,
    bestAdapter: checkpointAdapter(runFolder, state.bestRollout),
    lastAdapter: checkpointAdapter(runFolder, state.rollout),
  };
}

/** The start counts as a candidate for `best`: training that only harms must be able to say so. */
async function firstState(run: GrpoRun, logs: GrpoLogs): Promise<GrpoState> {
  const state: GrpoState = {
    rollout: 0,
    updates: 0,
    bestRollout: 0,
    bestValue: await validate(run, logs, 0),
    soundRollout: 0,
    restores: 0,
    stopped: null,
    monitor: FIRST_MONITOR,
    metricsBytes: 0,
    samplesBytes: 0,
    halvings: 0,
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

/** Looks for a collapse; a rule that has newly held long enough gets a row of metrics, and what the settings ask. */
async function watch(
  run: GrpoRun,
  { metrics }: GrpoLogs,
  { state, signs }: RolloutOutcome,
): Promise<{ state: GrpoState; standing: readonly CollapseAlarm[] }> {
  const { collapse } = run.settings;
  const { state: monitor, standing, fresh } = watchCollapse(state.monitor, signs, collapse);
  const watched = { ...state, monitor };
  if (fresh.length === 0) return { state: watched, standing };
  const isSpent = collapse.action === "restore" && state.restores >= collapse.restores;
  const action = isSpent ? "stop" : collapse.action;
  await metrics.append({
    kind: "collapse",
    rollout: state.rollout,
    alarms: fresh,
    action,
    ...(action === "restore" ? { to: state.soundRollout } : {}),
  });
  if (action === "stop") return { state: { ...watched, stopped: "collapse" }, standing };
  if (action === "restore") return { state: await restore(run, watched), standing };
  return { state: watched, standing };
}

/**
 * Takes the policy, its optimizer and the reward's memory back to the last checkpoint at which no rule held. Training
 * goes on with the images that come next, so that it does not do the same again.
 */
async function restore({ engine, runFolder }: GrpoRun, state: GrpoState): Promise<GrpoState> {
  const sound = await readCheckpoint(runFolder, state.soundRollout, grpoStateSchema);
  await engine.loadState(POLICY, sound.adapter, { optimizer: true });
  return {
    ...state,
    updates: sound.state.updates,
    reward: sound.state.reward,
    restores: state.restores + 1,
    monitor: forgetStreaks(state.monitor),
  };
}

function tell(
  run: GrpoRun,
  { state, statistics }: RolloutOutcome,
  standing: readonly CollapseAlarm[],
  total: number,
): void {
  const alarms = standing.map(({ rule, detail }) => `; collapse? ${rule}: ${detail}`);
  run.onProgress?.({
    done: state.rollout,
    total,
    unit: "rollouts",
    note: `reward ${statistics.reward.toFixed(3)}${alarms.join("")}${halvingsNote(state)}`,
  });
}

async function checkpoint(
  { engine, runFolder }: GrpoRun,
  logs: GrpoLogs,
  state: GrpoState,
): Promise<GrpoState> {
  await logs.metrics.sync();
  await logs.samples.sync();
  const next = {
    ...state,
    soundRollout: isSound(state.monitor) ? state.rollout : state.soundRollout,
    metricsBytes: logs.metrics.bytes(),
    samplesBytes: logs.samples.bytes(),
  };
  await writeCheckpoint(engine, runFolder, { step: next.rollout, adapter: POLICY, state: next });
  await prune(runFolder, next);
  return next;
}

async function prune(runFolder: string, { rollout, bestRollout, soundRollout }: GrpoState): Promise<void> {
  await pruneCheckpoints(runFolder, [rollout, bestRollout, soundRollout]);
}
