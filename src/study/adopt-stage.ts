import { copyFile, link, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { writeJsonAtomic } from "../util/files.ts";
import { finishedStage, type StageRecord, stageRecordFile } from "./stage-record.ts";

/**
 * Takes a finished stage over from another study folder: same name, same hash, every file as it was left. The hash
 * covers all that the stage read, so its result is what this folder would have computed. Files are linked, or copied
 * where the file system has no links. Null when no folder has it.
 */
export async function adoptStage(
  folder: string,
  others: readonly string[],
  name: string,
  hash: string,
): Promise<StageRecord | null> {
  for (const other of others) {
    const record = await finishedStage(other, name, hash);
    if (record === null) continue;
    const files = Object.keys(record.files).map((file) => ({
      from: path.join(other, file),
      to: path.join(folder, file),
    }));
    // A file outside the study (a model's) is read where it lies; that has to be the same place from both folders.
    const apart = files.filter(({ from, to }) => from !== to);
    if (apart.some(({ to }) => !to.startsWith(folder + path.sep))) continue;
    for (const { from, to } of apart) await linkFile(from, to);
    await writeJsonAtomic(stageRecordFile(folder, name), record);
    return record;
  }
  return null;
}

async function linkFile(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  await rm(to, { force: true });
  await link(from, to).catch(() => copyFile(from, to));
}
