import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";
import type { Engine } from "../../src/engine/engine.ts";
import { launchEngine } from "../../src/engine/launch-engine.ts";
import { checkpointSteps } from "../../src/training/checkpoint.ts";
import { freeAdapters } from "../../src/training/testing/tiny-engine.ts";
import { type TinyExample, tinyLine } from "../../src/training/testing/tiny-line.ts";
import {
  CHECKPOINT_EVERY,
  type RunName,
  TINY_IMAGES,
  TINY_RUNS,
  UPDATES_PER_ROLLOUT,
} from "../../src/training/testing/tiny-runs.ts";
import { type Verb, watchVerbs } from "../../src/training/testing/watch-verbs.ts";
import { writeJsonAtomic } from "../../src/util/files.ts";
import { randomStream } from "../../src/util/random.ts";
import { folderBytes } from "../../src/util/testing/folder-bytes.ts";

/**
 * Does a run survive a power cut at any moment? Tiny SFT and GRPO runs are killed with SIGKILL at random: inside a verb
 * that is drawn in turn, at a call and a moment drawn by the seed. Each is then run again to its end and compared, every
 * file by its SHA-256, with a run that was never disturbed; and it may repeat at most one checkpoint interval.
 *
 *     npm run test:crash -- --kills 50 --seed 1 --out bench/results/crash.json
 *
 * A kill may come after the run's end, when the drawn moment is later: then it is counted as `finished`, not as a kill,
 * and another is drawn. Not covered: a machine that loses what fsync promised.
 */
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    out: { type: "string" },
  },
});
const KILLS = Number(values.kills);
const SEED = Number(values.seed);

const DRIVER = fileURLToPath(new URL("./kill-in-run.ts", import.meta.url));
/** The verbs inside which a run is killed, in turn. */
const VERBS: Readonly<Record<RunName, readonly Verb[]>> = {
  sft: ["forward", "step", "saveState"],
  grpo: ["sample", "forward", "backward", "step", "saveState"],
};
/** How far past a verb's usual time a kill may come, so that what follows it is hit as well. */
const PAST = 1.5;
/** Updates between two checkpoints. */
const INTERVAL: Readonly<Record<RunName, number>> = {
  sft: CHECKPOINT_EVERY,
  grpo: CHECKPOINT_EVERY * UPDATES_PER_ROLLOUT,
};

interface Undisturbed {
  readonly bytes: Readonly<Record<string, string>>;
  readonly updates: number;
  /** How often each verb was called, and its mean time in milliseconds. */
  readonly verbs: ReadonlyMap<Verb, { readonly calls: number; readonly milliseconds: number }>;
}

interface Kill {
  readonly run: RunName;
  readonly verb: Verb;
  readonly call: number;
  readonly milliseconds: number;
  /** What the run was waiting for when it died. */
  readonly landed: string;
  readonly repeated: number;
  readonly outcome: "same bytes" | "other bytes" | "repeated too much";
}

const scratch = await mkdtemp(path.join(tmpdir(), "chexreason-crash-"));
const launched = await launchEngine();
const examples = await tinyLine(launched.engine, TINY_IMAGES);
const kills: Kill[] = [];
let finished = 0;
let start = "";
try {
  for (const name of ["sft", "grpo"] as const) {
    const folder = path.join(scratch, name);
    const undisturbed = await runWhole(name, folder);
    if (name === "sft") {
      const last = (await checkpointSteps(folder)).at(-1);
      start = path.join(folder, "checkpoints", `step-${last}`, "adapter");
    }
    const own: Kill[] = [];
    for (let draw = 0; own.length < KILLS; draw++) {
      const kill = await killOnce(name, undisturbed, draw, path.join(scratch, `${name}-${draw}`));
      if (kill === null) finished += 1;
      else own.push(kill);
      const last = kill === null ? "came to its end first" : `killed in ${kill.landed}: ${kill.outcome}`;
      console.error(`${name} ${own.length} of ${KILLS}, ${last}`);
    }
    kills.push(...own);
  }
} finally {
  await launched.close();
  await rm(scratch, { recursive: true, force: true });
}

const summary = {
  schema: "chexreason.crash/1",
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  seed: SEED,
  finished,
  landed: Object.fromEntries(
    (["sft", "grpo"] as const).map((name) => [name, countOf(kills.filter(({ run }) => run === name))]),
  ),
  outcomes: Object.fromEntries(
    [...new Set(kills.map(({ outcome }) => outcome))].map((outcome) => [
      outcome,
      kills.filter((kill) => kill.outcome === outcome).length,
    ]),
  ),
  kills,
};
if (values.out !== undefined) await writeJsonAtomic(values.out, summary);
const { kills: _, ...shown } = summary;
console.log(JSON.stringify(shown, null, 2));
process.exitCode = kills.every(({ outcome }) => outcome === "same bytes") ? 0 : 1;

/** One run in this process, from wherever its folder stands to its end. */
async function run(name: RunName, runFolder: string, engine: Engine): Promise<number> {
  let updates = 0;
  const counting = watchVerbs(engine, {
    after: (verb) => {
      if (verb === "step") updates += 1;
    },
  });
  const parts: { examples: readonly TinyExample[]; start: string } = { examples, start };
  await TINY_RUNS[name]({ engine: counting, runFolder, ...parts });
  await freeAdapters(launched.engine);
  return updates;
}

async function runWhole(name: RunName, folder: string): Promise<Undisturbed> {
  const times = new Map<Verb, number[]>();
  let began = 0;
  const timed = watchVerbs(launched.engine, {
    before: () => {
      began = performance.now();
    },
    after: (verb) => {
      times.set(verb, [...(times.get(verb) ?? []), performance.now() - began]);
    },
  });
  const updates = await run(name, folder, timed);
  const verbs = new Map(
    [...times].map(([verb, each]) => [
      verb,
      { calls: each.length, milliseconds: each.reduce((sum, time) => sum + time, 0) / each.length },
    ]),
  );
  return { bytes: await folderBytes(folder), updates, verbs };
}

/** Kills a fresh run once and lets it go on; null when it came to its end before the kill. */
async function killOnce(
  name: RunName,
  whole: Undisturbed,
  draw: number,
  folder: string,
): Promise<Kill | null> {
  const stream = randomStream(SEED, "kills", name, draw);
  const verb = VERBS[name][draw % VERBS[name].length] ?? "forward";
  const usual = whole.verbs.get(verb);
  if (usual === undefined) throw new Error(`${name} never calls ${verb}`);
  const call = 1 + Math.floor(stream.uniform() * usual.calls);
  const milliseconds = Math.round(stream.uniform() * PAST * usual.milliseconds);
  const child = spawn(
    process.execPath,
    ["--import", "tsx", DRIVER, name, folder, start, verb, String(call), String(milliseconds)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let printed = "";
  child.stdout.on("data", (data: Buffer) => {
    printed += data.toString();
  });
  const [code, signal] = await once(child, "close");
  const before = printed.match(/^update$/gm)?.length ?? 0;
  if (code === 0) return null;
  if (signal !== "SIGKILL")
    throw new Error(`${name}, draw ${draw}: ended with ${code} ${signal}, not by the kill`);
  const after = await run(name, folder, launched.engine);
  const repeated = before + after - whole.updates;
  const same = isDeepStrictEqual(await folderBytes(folder), whole.bytes);
  await rm(folder, { recursive: true });
  return {
    run: name,
    verb,
    call,
    milliseconds,
    landed: /^killed (\w+)$/m.exec(printed)?.[1] ?? "unknown",
    repeated,
    outcome: !same ? "other bytes" : repeated > INTERVAL[name] ? "repeated too much" : "same bytes",
  };
}

function countOf(each: readonly Kill[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { landed } of each) counts[landed] = (counts[landed] ?? 0) + 1;
  return counts;
}
