import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";
import { pythonVariables } from "../../src/engine/python-variables.ts";
import { readySchema, resultSchema, type SideReady, type SideResult } from "./job.ts";

/** How much of a side's log is kept to explain its failure. */
const LOG_BYTES = 6_000;

/** One side of a comparison: a process that waits idle until it is asked for a repetition. */
export interface Side<Options> {
  readonly ready: SideReady;
  run(set: number, options: Options): Promise<SideResult>;
  close(): Promise<void>;
}

/** How a side is started. */
export interface SideCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Ours: Node, with an engine process of its own. */
export const ourSide = (): SideCommand => ({
  command: process.execPath,
  args: ["--import", "tsx", path.join(PACKAGE_ROOT, "bench/peers/our-side.ts")],
});

/**
 * The peer's: one Python process. `threads` also goes by the environment, for libraries that read it at import.
 * @param packages a folder with TRL, where the Python has none
 */
export const peerSide = (python: string, threads: number, packages?: string): SideCommand => ({
  command: python,
  args: [path.join(PACKAGE_ROOT, "bench/peers/trl_side.py")],
  env: {
    ...variables(packages),
    TOKENIZERS_PARALLELISM: "false",
    HF_HUB_OFFLINE: "1",
    TRL_EXPERIMENTAL_SILENCE: "1",
    ...(threads > 0 ? { OMP_NUM_THREADS: `${threads}` } : {}),
  },
});

function variables(packages: string | undefined): NodeJS.ProcessEnv {
  const ours = pythonVariables();
  return packages === undefined
    ? ours
    : { ...ours, PYTHONPATH: `${ours.PYTHONPATH}${path.delimiter}${packages}` };
}

/** Starts a side on a job file and waits until it can work. */
export async function startSide<Options>(
  { command, args, env }: SideCommand,
  job: string,
): Promise<Side<Options>> {
  const child = spawn(command, [...args, job], {
    cwd: PACKAGE_ROOT,
    stdio: ["pipe", "pipe", "pipe"],
    env: env ?? process.env,
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = `${log}${chunk}`.slice(-LOG_BYTES);
  });
  const ended = endOf(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done) throw new Error(`${args.at(-1)} ended (${await ended}):\n${log}`);
    return JSON.parse(line.value);
  };
  return {
    ready: readySchema.parse(await answer()),
    async run(set, options) {
      child.stdin.write(`${JSON.stringify({ set, options })}\n`);
      return resultSchema.parse(await answer());
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `code ${code}`));
  });
}
