import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, UserError } from "../util/user-error.ts";
import { cacheFolder } from "./cache-folder.ts";
import { COMPLETE_MARK, installEnvironment } from "./install-environment.ts";
import { PACKAGE_ROOT } from "./package-root.ts";
import { packageFaults, packageVersions } from "./python-packages.ts";

export { PACKAGE_ROOT };

/**
 * The Python that the engine runs in. Either the user's own (`CHEXREASON_PYTHON`, versions checked), or one that we
 * make in the user's cache folder from engine/requirements.lock, keyed by that file's hash, so that two clones of one
 * version share it and a changed lock never meets old packages.
 */

const LOCK_FILE = path.join(PACKAGE_ROOT, "engine/requirements.lock");

export interface PythonEnvironment {
  readonly executable: string;
  readonly origin: "locked" | "CHEXREASON_PYTHON";
}

/** An environment that may have to be made yet. */
export interface EnvironmentPlace extends PythonEnvironment {
  /** Where the locked environment lies or would lie; null for the user's own. */
  readonly folder: string | null;
  /** False for a locked one that is missing or half installed. */
  readonly isComplete: boolean;
}

/** Which environment is meant, without making, changing or running it. */
export async function placeEnvironment(): Promise<EnvironmentPlace> {
  const own = process.env.CHEXREASON_PYTHON;
  if (own !== undefined && own !== "")
    return { executable: own, origin: "CHEXREASON_PYTHON", folder: null, isComplete: true };
  const lock = await readFile(LOCK_FILE);
  const key = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  const folder = path.join(cacheFolder(), `python-${key}`);
  const executable = path.join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  return {
    executable,
    origin: "locked",
    folder,
    isComplete: existsSync(path.join(folder, COMPLETE_MARK)),
  };
}

/**
 * The environment, made when it is missing. `say` hears what is going on.
 * @throws UserError (exit code 3) naming a missing Python, a full disk or an unreachable registry; or what the user's
 * own Python lacks.
 */
export async function ensurePython(say: (line: string) => void): Promise<PythonEnvironment> {
  const { executable, origin, folder, isComplete } = await placeEnvironment();
  if (folder === null) await checkOwn(executable);
  else if (!isComplete) await installEnvironment(folder, executable, LOCK_FILE, say);
  return { executable, origin };
}

async function checkOwn(executable: string): Promise<void> {
  const versions = await packageVersions(executable).catch((error: unknown) => {
    throw new UserError(`CHEXREASON_PYTHON: ${messageOf(error)}: give the path of a Python`, 3);
  });
  const faults = packageFaults(versions);
  if (faults.length > 0)
    throw new UserError(`CHEXREASON_PYTHON=${executable} lacks ${faults.join(", ")}: install them there`, 3);
}
