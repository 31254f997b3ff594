import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { syncFolder, writeJsonAtomic } from "../util/files.ts";
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
  const partial = path.join(folder, `partial-${step}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const { weightsHash } = await engine.saveState(adapter, path.join(partial, ADAPTER_FOLDER), {
    optimizer: true,
  });
  await writeJsonAtomic(path.join(partial, TRAINER_FILE), { ...state, weightsHash });
  await rm(whole, { recursive: true, force: true });
  await rename(partial, whole);
  await syncFolder(folder);
  return weightsHash;
}

/** The steps that have a checkpoint, ascending. */
export async function checkpointSteps(runFolder: string): Promise<number[]> {
  const names = await readdir(folderOf(runFolder)).catch(() => []);
  return names
    .flatMap((name) => {
      const step = NAME.exec(name)?.[1];
      return step === undefined ? [] : [Number(step)];
    })
    .sort((a, b) => a - b);
}

/** The latest checkpoint, or null in a fresh run. */
export async function latestCheckpoint<State>(
  runFolder: string,
  schema: z.ZodType<State>,
): Promise<Checkpoint<State> | null> {
  const step = (await checkpointSteps(runFolder)).at(-1);
  if (step === undefined) return null;
  const file = path.join(folderOf(runFolder), `step-${step}`, TRAINER_FILE);
  const parsed = schema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success)
    throw new UserError(`${file}: not a checkpoint of this version; delete the run folder to start over`);
  return { step, adapter: checkpointAdapter(runFolder, step), state: parsed.data };
}

/** Deletes all checkpoints but those named; an unfinished one as well. */
export async function pruneCheckpoints(runFolder: string, keep: readonly number[]): Promise<void> {
  const folder = folderOf(runFolder);
  for (const name of await readdir(folder).catch(() => [])) {
    const step = NAME.exec(name)?.[1];
    if (step !== undefined && keep.includes(Number(step))) continue;
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}
