import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { syncPath, writeJsonAtomic } from "../util/files.ts";
import { UserError } from "../util/user-error.ts";

/**
 * A run's checkpoints: `checkpoints/step-N/` with `adapter/` (PEFT's layout, or a whole model), the optimizer beside
 * it, and `trainer.json`. A folder with that name is whole: it is written under another name and renamed.
 *
 * No random state is saved, because there is none: every draw is made from the run's seed and the draw's own name.
 */
export interface Checkpoint<State> {
  readonly step: number;
  /** What the engine saved. */
  readonly adapter: string;
  readonly state: State;
}

const NAME = /^step-(\d+)$/;
/** Names of folders that are being written or deleted begin so; nothing reads them. */
const PARTIAL = "partial-";
const TRAINER_FILE = "trainer.json";
const ADAPTER_FOLDER = "adapter";

const folderOf = (runFolder: string): string => path.join(runFolder, "checkpoints");

/** Where the adapter of a step's checkpoint lies. */
export function checkpointAdapter(runFolder: string, step: number): string {
  return path.join(folderOf(runFolder), `step-${step}`, ADAPTER_FOLDER);
}

/** Writes a checkpoint; returns the hash of its weights. */
export async function writeCheckpoint(
  engine: Engine,
  runFolder: string,
  { step, adapter, state }: { step: number; adapter: string; state: object },
): Promise<string> {
  const folder = folderOf(runFolder);
  const whole = path.join(folder, `step-${step}`);
  const partial = path.join(folder, `${PARTIAL}${step}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await syncPath(runFolder);
  const { weightsHash } = await engine.saveState(adapter, path.join(partial, ADAPTER_FOLDER), {
    optimizer: true,
  });
  await writeJsonAtomic(path.join(partial, TRAINER_FILE), { ...state, weightsHash });
  await rename(partial, whole);
  await syncPath(folder);
  return weightsHash;
}

/** The steps that have a checkpoint, ascending. */
export async function checkpointSteps(runFolder: string): Promise<number[]> {
  return (await namesIn(folderOf(runFolder)))
    .flatMap((name) => {
      const step = NAME.exec(name)?.[1];
      return step === undefined ? [] : [Number(step)];
    })
    .sort((a, b) => a - b);
}

/**
 * The latest checkpoint, or null in a fresh run.
 * @throws UserError when it is not one that this version wrote.
 */
export async function latestCheckpoint<State>(
  runFolder: string,
  schema: z.ZodType<State>,
): Promise<Checkpoint<State> | null> {
  const step = (await checkpointSteps(runFolder)).at(-1);
  if (step === undefined) return null;
  return readCheckpoint(runFolder, step, schema);
}

/**
 * The checkpoint of a step.
 * @throws UserError when there is none, or it is not one that this version wrote.
 */
export async function readCheckpoint<State>(
  runFolder: string,
  step: number,
  schema: z.ZodType<State>,
): Promise<Checkpoint<State>> {
  const file = path.join(folderOf(runFolder), `step-${step}`, TRAINER_FILE);
  const state = await readState(file, schema);
  if (state === null)
    throw new UserError(`${file}: not a checkpoint of this version; delete the run folder to start over`);
  return { step, adapter: checkpointAdapter(runFolder, step), state };
}

async function readState<State>(file: string, schema: z.ZodType<State>): Promise<State | null> {
  try {
    return schema.safeParse(JSON.parse(await readFile(file, "utf8"))).data ?? null;
  } catch {
    return null; // missing, or not JSON
  }
}

/** Names in a folder; none where it does not exist. An unreadable folder must not pass for a fresh run. */
async function namesIn(folder: string): Promise<string[]> {
  return existsSync(folder) ? readdir(folder) : [];
}

/** Deletes all checkpoints but those named; an unfinished one as well. */
export async function pruneCheckpoints(runFolder: string, keep: readonly number[]): Promise<void> {
  const folder = folderOf(runFolder);
  for (const name of await namesIn(folder)) {
    const step = NAME.exec(name)?.[1];
    if (step !== undefined && keep.includes(Number(step))) continue;
    const doomed = path.join(folder, step === undefined ? name : `${PARTIAL}${step}`);
    await rm(doomed, { recursive: true, force: true });
    if (step === undefined) continue;
    // Renamed first: half-deleted, it must not bear a whole one's name.
    await rename(path.join(folder, name), doomed);
    await rm(doomed, { recursive: true, force: true });
  }
}
