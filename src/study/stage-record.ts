import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { hashBytes, hashFile, writeJsonAtomic } from "../util/files.ts";
import { mapParallel } from "../util/map-parallel.ts";
import type { Stage, StageResult } from "./stage.ts";

/** Files hashed side by side; more would only wait for the same disk. */
const PARALLEL = 4;

const recordSchema = z.object({
  schema: z.literal("chexreason.stage/1"),
  name: z.string(),
  hash: z.string(),
  files: z.record(z.string(), z.string()),
  summary: z.string(),
  facts: z.record(z.string(), z.unknown()),
  seconds: z.number(),
});

/** A finished stage: `stages/<name>.json`. */
export type StageRecord = z.infer<typeof recordSchema>;

/** Where the record of a stage lies. */
export const stageRecordFile = (folder: string, name: string): string =>
  path.join(folder, "stages", `${name.replaceAll(" ", "-")}.json`);

/** A stage's hash: its configuration, the hashes of the files it reads, and of a person's files (`inputHashes`). */
export function stageHash(
  stage: Pick<Stage, "name" | "config">,
  needs: readonly StageRecord[],
  inputs: Readonly<Record<string, string>> = {},
): string {
  const read = needs.map(({ name, files, facts }) => ({ name, files, facts }));
  const own = Object.keys(inputs).length === 0 ? {} : { inputs };
  return hashBytes(JSON.stringify({ name: stage.name, config: stage.config, read, ...own })).slice(0, 16);
}

/** The hashes of those of a stage's `inputs` that are there. */
export async function inputHashes(
  folder: string,
  { inputs = [] }: Pick<Stage, "inputs">,
): Promise<Record<string, string>> {
  const there = inputs.filter((file) => existsSync(path.join(folder, file)));
  const hashes = await Promise.all(
    there.map(async (file) => [file, await hashFile(path.join(folder, file))] as const),
  );
  return Object.fromEntries(hashes);
}

/**
 * The record of a stage that needs no work: same hash, and every file as it was left. Null otherwise; a record that
 * cannot be read counts as none.
 */
export async function finishedStage(folder: string, name: string, hash: string): Promise<StageRecord | null> {
  const record = await readRecord(folder, name);
  if (record === null || record.hash !== hash) return null;
  const files = Object.entries(record.files);
  const intact = await mapParallel(files, PARALLEL, async ([file, expected]) => {
    const actual = await hashFile(path.join(folder, file)).catch(() => null);
    return actual === expected;
  });
  return intact.every(Boolean) ? record : null;
}

/** Whatever record a stage has, done or stale. */
export async function readRecord(folder: string, name: string): Promise<StageRecord | null> {
  const text = await readFile(stageRecordFile(folder, name), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Writes down that a stage is done. */
export async function recordStage(
  folder: string,
  name: string,
  hash: string,
  result: StageResult,
  seconds: number,
): Promise<StageRecord> {
  const hashes = await mapParallel(result.files, PARALLEL, async (file) => [
    file,
    await hashFile(path.join(folder, file)),
  ]);
  const record: StageRecord = {
    schema: "chexreason.stage/1",
    name,
    hash,
    files: Object.fromEntries(hashes) as Record<string, string>,
    summary: result.summary,
    facts: { ...result.facts },
    seconds,
  };
  await writeJsonAtomic(stageRecordFile(folder, name), record);
  return record;
}
