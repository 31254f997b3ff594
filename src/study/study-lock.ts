import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../util/user-error.ts";

/** The locks of this process. One that bears its number and is not here is left over from another of that number. */
const own = new Set<string>();

/**
 * Takes a study folder for one run; returns what gives it back. A lock whose process is gone is taken over.
 * @throws UserError when another run has the folder, in this process or another
 */
export async function lockStudy(folder: string): Promise<() => Promise<void>> {
  const file = path.resolve(folder, "study.lock");
  if (own.has(file)) throw taken(folder, process.pid);
  own.add(file);
  try {
    await mkdir(folder, { recursive: true });
    await takeLock(folder, file);
  } catch (error) {
    own.delete(file);
    throw error;
  }
  return async () => {
    await rm(file, { force: true });
    own.delete(file);
  };
}

async function takeLock(folder: string, file: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    if (await placeLock(file)) return;
    const holder = Number(await readFile(file, "utf8").catch(() => ""));
    if (isAlive(holder)) throw taken(folder, holder);
    await rm(file, { force: true });
  }
  throw new UserError(`${file} cannot be taken: another process took it at the same moment; run again`);
}

function taken(folder: string, holder: number): UserError {
  return new UserError(
    `${folder} is being worked on by process ${holder}: wait for it, or give another folder`,
  );
}

/** Puts the lock there with its content, in one step: nobody may find it empty and take it for a dead one. */
async function placeLock(file: string): Promise<boolean> {
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, String(process.pid));
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
