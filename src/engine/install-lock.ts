import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { messageOf, UserError } from "../util/user-error.ts";

/** An installation on another machine (a shared home folder) cannot be asked whether it lives; it takes minutes. */
const FOREIGN_LOCK_MS = 30 * 60_000;
/** A lock is made empty and filled at once; one that stays empty was left by a process killed in between. */
const EMPTY_LOCK_MS = 10_000;

/**
 * Waits until nobody else installs into the folder and takes its turn; returns what gives it back. The lock is the
 * file `<folder>.lock`, which names its holder, so that one left by a killed installation is taken over at once.
 * @throws UserError (exit code 3) when the lock cannot be made.
 */
export async function lockInstallation(
  folder: string,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  const lock = `${folder}.lock`;
  let said = false;
  for (;;) {
    if (await tryLock(lock)) return () => rm(lock, { force: true });
    if (await isAbandoned(lock)) {
      await rm(lock, { force: true });
      continue;
    }
    if (!said) say(`waiting for another installation to finish (if there is none, delete ${lock})`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(path.dirname(lock), { recursive: true });
  } catch (error) {
    throw cannotLock(lock, error);
  }
  try {
    await writeFile(lock, `${process.pid} ${os.hostname()}`, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw cannotLock(lock, error);
  }
}

function cannotLock(lock: string, cause: unknown): UserError {
  return new UserError(
    `${lock} cannot be made (${messageOf(cause)}): free some space, or set XDG_CACHE_HOME to a writable folder`,
    3,
    { cause },
  );
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const [pid, ...host] = (await readFile(lock, "utf8")).split(" ");
    const age = Date.now() - (await stat(lock)).mtimeMs;
    if (pid === undefined || pid === "") return age > EMPTY_LOCK_MS;
    return host.join(" ") === os.hostname() ? !isAlive(Number(pid)) : age > FOREIGN_LOCK_MS;
  } catch {
    return false; // given back meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
