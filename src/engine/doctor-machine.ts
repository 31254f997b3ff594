import { access, constants, stat, statfs } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { messageOf } from "../util/user-error.ts";
import type { DoctorCheck } from "./doctor-check.ts";

/** Checkpoints, pictures and predictions of a small study stay well below. */
const ROOMY_BYTES = 1e9;
/** The engine alone takes half a gigabyte before it holds a model. */
const LITTLE_MEMORY_BYTES = 2e9;
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Free space where a folder lies or would lie, and whether we may write there.
 * @param neededBytes what must fit for chexreason to run at all
 * @param elsewhere how to use another folder
 */
export async function checkDisk(
  name: string,
  folder: string,
  neededBytes: number,
  elsewhere: string,
): Promise<DoctorCheck> {
  const bad = neededBytes > 0 ? "fault" : "warning";
  try {
    const existing = await nearestExisting(path.resolve(folder));
    await access(existing, constants.W_OK);
    const { bavail, bsize } = await statfs(existing);
    const free = bavail * bsize;
    const detail = `${gigabytes(free)} free in ${folder}`;
    const remedy = `free some, or ${elsewhere}`;
    if (free < neededBytes)
      return { name, outcome: bad, detail: `${detail}, ${gigabytes(neededBytes)} needed`, remedy };
    return free < ROOMY_BYTES
      ? { name, outcome: "warning", detail, remedy }
      : { name, outcome: "ok", detail };
  } catch (error) {
    const detail = `${folder} cannot be written (${messageOf(error)})`;
    return { name, outcome: bad, detail, remedy: elsewhere };
  }
}

/** Memory (bytes) and cores, as much of them as this process may use. */
export function checkMemory(
  total = allowedMemory(),
  free = Math.min(process.availableMemory(), total),
  cores = os.availableParallelism(),
): DoctorCheck {
  const name = "memory";
  const detail = `${gigabytes(total)} of memory, ${gigabytes(free)} free; ${cores} ${cores === 1 ? "core" : "cores"}`;
  if (total < LITTLE_MEMORY_BYTES) {
    const remedy = `take a machine, or a container's limit, of ${gigabytes(LITTLE_MEMORY_BYTES)} or more`;
    return { name, outcome: "warning", detail, remedy };
  }
  return free < LITTLE_MEMORY_BYTES / 2
    ? { name, outcome: "warning", detail, remedy: "end other programs" }
    : { name, outcome: "ok", detail };
}

/** The machine's memory, or a container's limit where that is less. */
function allowedMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

async function nearestExisting(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return folder;
  if (found !== null) throw new Error(`${folder} is no folder`);
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error(`${folder} does not exist`);
  return nearestExisting(parent);
}
