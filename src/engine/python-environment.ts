import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { messageOf, UserError } from "../util/user-error.ts";

/**
 * The Python that the engine runs in. Either the user's own (`CHEXREASON_PYTHON`, versions checked), or one that we
 * make in the user's cache folder from engine/requirements.lock, keyed by that file's hash, so that two clones of one
 * version share it and a changed lock never meets old packages.
 */

/** Room for a CPU torch and its neighbours, unpacked, with pip's temporary copies (about 1.4 GB measured). */
const NEEDED_BYTES = 3e9;
/** The Pythons the locked packages have wheels for, best first. */
const PYTHON_COMMANDS = ["python3.11", "python3.12", "python3.13", "python3", "python"];
const OLDEST_PYTHON = [3, 11] as const;
const NEWEST_PYTHON = [3, 13] as const;
/** An installation takes minutes; a lock older than this was left by a killed one. */
const STALE_LOCK_MS = 30 * 60_000;
/** What a user's own environment must have at least; the engine is tested with the locked versions. */
export const OLDEST_PACKAGES: Readonly<Record<string, string>> = {
  torch: "2.11",
  transformers: "5.17",
  peft: "0.21",
  grpcio: "1.80",
  protobuf: "6.30",
  safetensors: "0.5",
  pillow: "11.0",
};

export const PACKAGE_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const LOCK_FILE = path.join(PACKAGE_ROOT, "engine/requirements.lock");
const run = promisify(execFile);

export interface PythonEnvironment {
  readonly executable: string;
  readonly origin: "locked" | "CHEXREASON_PYTHON";
}

/** The user's cache folder for chexreason. */
export function cacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "chexreason");
}

/**
 * The environment, made when it is missing. `say` hears what is going on.
 * @throws UserError (exit code 3) naming a missing Python, a full disk or an unreachable registry.
 */
export async function ensurePython(say: (line: string) => void): Promise<PythonEnvironment> {
  const own = process.env.CHEXREASON_PYTHON;
  if (own !== undefined && own !== "") {
    await checkPackages(own);
    return { executable: own, origin: "CHEXREASON_PYTHON" };
  }
  const folder = await environmentFolder();
  const executable = executableIn(folder);
  if (!existsSync(path.join(folder, "complete"))) await install(folder, say);
  return { executable, origin: "locked" };
}

/** Where the locked environment lies or would lie. */
export async function environmentFolder(): Promise<string> {
  const lock = await readFile(LOCK_FILE);
  const key = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  return path.join(cacheFolder(), `python-${key}`);
}

function executableIn(folder: string): string {
  return process.platform === "win32"
    ? path.join(folder, "Scripts/python.exe")
    : path.join(folder, "bin/python");
}

async function install(folder: string, say: (line: string) => void): Promise<void> {
  const unlock = await lockInstallation(folder, say);
  try {
    if (existsSync(path.join(folder, "complete"))) return; // another process made it while we waited
    const python = await findPython();
    const disk = await statfs(path.dirname(folder));
    const free = disk.bavail * disk.bsize;
    if (free < NEEDED_BYTES)
      throw new UserError(
        `${(free / 1e9).toFixed(1)} GB free in ${path.dirname(folder)}, ${NEEDED_BYTES / 1e9} GB needed for the Python environment: free some, or set XDG_CACHE_HOME to a larger disk`,
        3,
      );
    say(`installing the Python environment into ${folder} (torch and transformers; minutes, once)`);
    await rm(folder, { recursive: true, force: true });
    await runLogged(python, ["-m", "venv", folder], `${folder}.log`);
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"];
    const index = await extraIndex(executableIn(folder));
    await runLogged(executableIn(folder), [...pip, ...index, "-r", LOCK_FILE], `${folder}.log`);
    await writeFile(path.join(folder, "complete"), "");
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
  const { stdout } = await run(python, ["-m", "pip", "config", "list"]);
  return stdout.trim() === "" ? ["--extra-index-url", "https://download.pytorch.org/whl/cpu"] : [];
}

async function findPython(): Promise<string> {
  const found: string[] = [];
  for (const command of PYTHON_COMMANDS) {
    try {
      const { stdout } = await run(command, ["-c", "import sys, venv; print(*sys.version_info[:2])"]);
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
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code === 0) return;
  const text = Buffer.concat(output).toString();
  await writeFile(log, text);
  throw new UserError(`${explainPip(text)} (whole output: ${log})`, 3);
}

/** One line for pip's many. */
export function explainPip(output: string): string {
  if (/No space left on device/i.test(output))
    return "pip: the disk is full: free 3 GB, or set XDG_CACHE_HOME to a larger disk";
  if (/ensurepip is not available/i.test(output))
    return "python3 has no venv: install it (Debian and Ubuntu: apt install python3-venv)";
  if (
    /NewConnectionError|Connection refused|Name or service not known|timed out|ConnectTimeout|Temporary failure/i.test(
      output,
    )
  )
    return "pip: the Python registry cannot be reached: check the network or `pip config list`, then try again";
  const missing = /No matching distribution found for (\S+)/.exec(output)?.[1];
  if (missing !== undefined)
    return `pip: ${missing} is not to be had for this Python and machine: try another Python (3.11 is tested), or CHEXREASON_PYTHON`;
  const last = output.trim().split("\n").at(-1) ?? "no output";
  return `pip failed: ${last}`;
}

async function lockInstallation(folder: string, say: (line: string) => void): Promise<() => Promise<void>> {
  await mkdir(path.dirname(folder), { recursive: true });
  const lock = `${folder}.lock`;
  const begun = Date.now();
  let said = false;
  for (;;) {
    try {
      await mkdir(lock);
      return () => rm(lock, { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST")
        throw new UserError(
          `${lock} cannot be made (${messageOf(error)}): set XDG_CACHE_HOME to a writable folder`,
          3,
        );
      if (Date.now() - begun > STALE_LOCK_MS) {
        await rm(lock, { recursive: true, force: true });
        continue;
      }
      if (!said) say(`waiting for another installation to finish (if there is none, delete ${lock})`);
      said = true;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

const VERSIONS_SCRIPT = `
import importlib.metadata as m, json, sys
names = sys.argv[1:]
def version(n):
    try: return m.version(n)
    except m.PackageNotFoundError: return None
print(json.dumps({"python": sys.version.split()[0], **{n: version(n) for n in names}}))
`;
const versionsSchema = z.record(z.string(), z.string().nullable());

/** Versions of Python and of the packages the engine needs; null for one that is missing. */
export async function packageVersions(executable: string): Promise<Record<string, string | null>> {
  try {
    const { stdout } = await run(executable, ["-c", VERSIONS_SCRIPT, ...Object.keys(OLDEST_PACKAGES)]);
    return versionsSchema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new UserError(
      `${executable} cannot be run as Python (${messageOf(error).split("\n")[0]}): correct CHEXREASON_PYTHON`,
      3,
    );
  }
}

async function checkPackages(executable: string): Promise<void> {
  const versions = await packageVersions(executable);
  const faults = packageFaults(versions);
  if (faults.length > 0)
    throw new UserError(`CHEXREASON_PYTHON=${executable} lacks ${faults.join(", ")}: install them there`, 3);
}

/** What is missing or too old, e.g. `torch >= 2.11 (has 2.4.0)`. */
export function packageFaults(versions: Readonly<Record<string, string | null>>): string[] {
  return Object.entries(OLDEST_PACKAGES).flatMap(([name, oldest]) => {
    const version = versions[name] ?? null;
    if (version === null) return [`${name} >= ${oldest} (has none)`];
    return isOlder(version, oldest) ? [`${name} >= ${oldest} (has ${version})`] : [];
  });
}

/** Compares release numbers only: "2.13.0+cpu" is 2.13.0. */
function isOlder(version: string, oldest: string): boolean {
  const numbers = (text: string) =>
    (text.split("+")[0] ?? "").split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [have, need] = [numbers(version), numbers(oldest)];
  for (let i = 0; i < need.length; i++) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
