import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { UserError } from "../util/user-error.ts";
import { explainPip } from "./explain-pip.ts";
import { lockInstallation } from "./install-lock.ts";
import { pythonVariables } from "./python-variables.ts";

/** Room for a CPU torch and its neighbours, unpacked, with pip's temporary copies (about 1.4 GB measured). */
export const NEEDED_BYTES = 3e9;
/** The Pythons the locked packages have wheels for, best first. */
const PYTHON_COMMANDS = ["python3.11", "python3.12", "python3.13", "python3", "python"];
const OLDEST_PYTHON = [3, 11] as const;
const NEWEST_PYTHON = [3, 13] as const;
/** Written last: a folder without it is half an installation. */
export const COMPLETE_MARK = "complete";

const run = promisify(execFile);

/**
 * Makes a virtual environment in the folder and installs the locked packages into it, one process at a time.
 * @param executable the environment's Python once it is made
 * @throws UserError (exit code 3) naming a missing Python, a full disk or an unreachable registry
 */
export async function installEnvironment(
  folder: string,
  executable: string,
  lockFile: string,
  say: (line: string) => void,
  neededBytes = NEEDED_BYTES,
): Promise<void> {
  const unlock = await lockInstallation(folder, say);
  try {
    if (existsSync(path.join(folder, COMPLETE_MARK))) return; // another process made it while we waited
    const python = await findPython();
    const disk = await statfs(path.dirname(folder));
    const free = disk.bavail * disk.bsize;
    if (free < neededBytes)
      throw new UserError(
        `${(free / 1e9).toFixed(1)} GB free in ${path.dirname(folder)}, ${neededBytes / 1e9} GB needed for the Python environment: free some, or set XDG_CACHE_HOME to a folder on a larger disk`,
        3,
      );
    say(`installing the Python environment into ${folder} (torch and transformers; minutes, once)`);
    await rm(folder, { recursive: true, force: true });
    const log = `${folder}.log`;
    await runLogged(python, ["-m", "venv", folder], log);
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"];
    await runLogged(executable, [...pip, ...(await extraIndex(executable)), "-r", lockFile], log);
    await writeFile(path.join(folder, COMPLETE_MARK), "");
  } finally {
    await unlock();
  }
}

/**
 * On Linux the default torch brings several GB of CUDA. Where there is no NVIDIA driver and the user has not
 * configured pip, the CPU build is taken from PyTorch's own index.
 */
async function extraIndex(python: string): Promise<string[]> {
  if (process.platform !== "linux" || existsSync("/proc/driver/nvidia/version")) return [];
  const { stdout } = await run(python, ["-m", "pip", "config", "list"], { env: pythonVariables() });
  return stdout.trim() === "" ? ["--extra-index-url", "https://download.pytorch.org/whl/cpu"] : [];
}

async function findPython(): Promise<string> {
  const found: string[] = [];
  for (const command of PYTHON_COMMANDS) {
    try {
      const script = "import sys, venv; print(*sys.version_info[:2])";
      const { stdout } = await run(command, ["-c", script], { env: pythonVariables() });
      const [major = 0, minor = 0] = stdout.trim().split(" ").map(Number);
      if (major === 3 && minor >= OLDEST_PYTHON[1] && minor <= NEWEST_PYTHON[1]) return command;
      found.push(`${command} is ${major}.${minor}`);
    } catch {
      // not on this machine, or without venv: the next candidate
    }
  }
  const seen = found.length > 0 ? found.join(", ") : "none found";
  throw new UserError(
    `Python ${OLDEST_PYTHON.join(".")} to ${NEWEST_PYTHON.join(".")} with venv is needed (${seen}): install it, or set CHEXREASON_PYTHON to a Python that has torch and transformers`,
    3,
  );
}

/** Runs a command with its output in a log; a failure becomes one line that names the cause. */
async function runLogged(command: string, args: string[], log: string): Promise<void> {
  const output: Buffer[] = [];
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: pythonVariables() });
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code === 0) return;
  const text = Buffer.concat(output).toString();
  // A full disk has no room for the log either; the explanation matters more.
  const isLogged = await writeFile(log, text).then(
    () => true,
    () => false,
  );
  throw new UserError(`${explainPip(text)}${isLogged ? ` (whole output: ${log})` : ""}`, 3);
}
