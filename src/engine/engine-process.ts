import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { messageOf } from "../util/user-error.ts";
import { EngineError } from "./engine-error.ts";
import { pythonVariables } from "./python-variables.ts";

/** Importing torch and transformers on a cold disk takes up to a minute. */
const HANDSHAKE_DEADLINE_MS = 180_000;
/** How long a closing engine may take to leave by itself. */
const STOP_DEADLINE_MS = 5_000;
/** Lines of the engine's log kept to explain its death. */
const LOG_LINES = 40;
export const CONTRACT_VERSION = 1;

const handshakeSchema = z.object({
  chexengine: z.object({ port: z.int(), pid: z.int(), launch_id: z.string(), contract: z.int() }),
});

/** What makes an engine one of several ranks. */
export interface RankSeat {
  /** As messages call it. */
  readonly name: string;
  /** torchrun's environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Keeps the log, line by line. */
  readonly logFile: string;
  /** Ends the process before its handshake, because another rank did not start. */
  readonly signal: AbortSignal;
}

/**
 * torchrun's variables, which a single engine must not find in its environment: it would wait for ranks that nobody starts.
 */
const RANK_VARIABLES = [
  "RANK",
  "WORLD_SIZE",
  "LOCAL_RANK",
  "LOCAL_WORLD_SIZE",
  "MASTER_ADDR",
  "MASTER_PORT",
  "TORCHELASTIC_USE_AGENT_STORE",
];

/** A running engine process on a loopback port, known by the token made for it. */
export interface EngineProcess {
  /** As messages call it: "the engine", or which rank. */
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly launchId: string;
  readonly token: string;
  /** Resolves when the process has ended, with an explanation. */
  readonly ended: Promise<string>;
  /** The explanation once it has ended, else null. */
  endedBecause(): string | null;
  /** Ends the process: politely (its standard input is closed), then by force. */
  stop(): Promise<void>;
  /** Ends the process by force. */
  kill(): void;
}

/**
 * Starts `python -m chexengine` and waits for its handshake.
 *
 * The engine watches its standard input, which only we hold: when this process ends, however it ends, the engine
 * leaves too. The token goes by the environment, since arguments are visible to every user of the machine.
 * @throws EngineError `dead` when it ends before the handshake, `hung` past the deadline, `foreign` when what it says
 * is not our engine's handshake.
 */
export async function startEngineProcess(
  python: string,
  log: (line: string) => void = () => {},
  handshakeDeadlineMs = HANDSHAKE_DEADLINE_MS,
  seat: RankSeat | null = null,
): Promise<EngineProcess> {
  const name = seat?.name ?? "the engine";
  const launchId = randomBytes(8).toString("hex");
  const token = randomBytes(32).toString("hex");
  const child = spawn(python, ["-m", "chexengine", "--launch-id", launchId], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...pythonVariables(),
      ...Object.fromEntries(RANK_VARIABLES.map((variable) => [variable, undefined])),
      ...seat?.variables,
      PYTHONUNBUFFERED: "1",
      CHEXENGINE_TOKEN: token,
      TOKENIZERS_PARALLELISM: "false",
    },
    // A group of its own: Ctrl-C in the terminal reaches us alone, and we decide when the engine ends.
    detached: process.platform !== "win32",
  });
  seat?.signal.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  const keep = seat === null ? () => {} : logKeeper(seat.logFile, launchId);
  const lastLines: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    lastLines.push(line);
    if (lastLines.length > LOG_LINES) lastLines.shift();
    keep(line);
    log(line);
  });
  const where = seat === null ? "" : ` (its log: ${seat.logFile})`;
  let reason: string | null = null;
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(`${python} could not be started: ${error.message}`));
    child.on("close", (code, signal) =>
      resolve(
        `ended with ${signal ?? `exit code ${code}`}${lastLines.length > 0 ? `: ${lastLines.at(-1)}` : ""}${where}`,
      ),
    );
  });
  void ended.then((why) => {
    reason = why;
  });
  child.stdin.on("error", () => {}); // a dead engine's pipe: `ended` tells
  const handshake = await readHandshake(child, name, ended, launchId, handshakeDeadlineMs);
  child.unref();
  return {
    name,
    ...handshake,
    launchId,
    token,
    ended,
    endedBecause: () => reason,
    kill: () => child.kill("SIGKILL"),
    async stop() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Appends to a log file, begun with a line that says which launch wrote what follows. */
function logKeeper(file: string, launchId: string): (line: string) => void {
  mkdirSync(path.dirname(file), { recursive: true });
  const keep = (line: string): void => appendFileSync(file, `${line}\n`);
  keep(`# launch ${launchId}, ${new Date().toISOString()}`);
  return keep;
}

async function readHandshake(
  child: ChildProcess,
  name: string,
  ended: Promise<string>,
  launchId: string,
  deadlineMs: number,
): Promise<{ port: number; pid: number }> {
  const firstLine = new Promise<string>((resolve) => {
    if (child.stdout) createInterface({ input: child.stdout }).once("line", resolve);
  });
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(
        new EngineError(
          "hung",
          `${name} did not start within ${deadlineMs / 1000} s: see its log with --verbose`,
        ),
      );
    }, deadlineMs);
  });
  const died = ended.then((why): never => {
    throw new EngineError("dead", `${name} ${why}: run \`chexreason doctor\``);
  });
  died.catch(() => {}); // after the handshake nobody awaits it
  let line: string;
  try {
    line = await Promise.race([firstLine, deadline, died]);
  } finally {
    clearTimeout(timer);
  }
  try {
    const { chexengine } = handshakeSchema.parse(JSON.parse(line));
    if (chexengine.launch_id !== launchId) throw new Error(`launch id ${chexengine.launch_id}`);
    if (chexengine.contract !== CONTRACT_VERSION)
      throw new Error(`contract ${chexengine.contract}, this program speaks ${CONTRACT_VERSION}`);
    return { port: chexengine.port, pid: chexengine.pid };
  } catch (error) {
    child.kill("SIGKILL");
    throw new EngineError(
      "foreign",
      `what was started does not answer as our engine (${messageOf(error)}): run \`chexreason doctor\``,
    );
  }
}
