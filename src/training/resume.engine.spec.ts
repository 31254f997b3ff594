import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { folderBytes } from "../util/testing/folder-bytes.ts";
import { checkpointSteps } from "./checkpoint.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";
import { freeAdapters, tinyEngine } from "./testing/tiny-engine.ts";
import {
  CHECKPOINT_EVERY,
  type RunName,
  TINY_IMAGES,
  TINY_RUNS,
  UPDATES_PER_ROLLOUT,
} from "./testing/tiny-runs.ts";
import { type Verb, watchVerbs } from "./testing/watch-verbs.ts";

const DRIVER = fileURLToPath(new URL("./testing/die-in-run.ts", import.meta.url));

interface Place {
  readonly where: string;
  readonly verb: Verb;
  readonly count: number;
  /** Checkpoints and unfinished ones that lie there when the process is dead. */
  readonly left: readonly string[];
}

/** The verbs' calls are counted through the runs of tiny-runs.ts. */
const PLACES: Readonly<Record<RunName, readonly Place[]>> = {
  sft: [
    { where: "in validation", verb: "forward", count: 8, left: ["step-2"] },
    { where: "in an update", verb: "forward", count: 12, left: ["step-3", "step-4"] },
    { where: "in writing a checkpoint", verb: "saveState", count: 4, left: ["partial-4", "step-3"] },
  ],
  grpo: [
    { where: "in sampling", verb: "sample", count: 5, left: ["step-0", "step-2"] },
    {
      where: "in an update",
      verb: "backward",
      count: 13,
      left: ["step-0", "step-2"],
    },
    {
      where: "in writing a checkpoint",
      verb: "saveState",
      count: 3,
      left: ["partial-4", "step-0", "step-2"],
    },
  ],
};
/** Updates between two checkpoints. */
const INTERVAL: Readonly<Record<RunName, number>> = {
  sft: CHECKPOINT_EVERY,
  grpo: CHECKPOINT_EVERY * UPDATES_PER_ROLLOUT,
};

const tiny = tinyEngine(TINY_IMAGES);
const scratch = scratchFolders();
const undisturbed: Partial<Record<RunName, { folder: string; updates: number }>> = {};
let start = "";

/** Runs to the end in this process; gives the updates made. */
async function run(name: RunName, runFolder: string): Promise<number> {
  const { engine, examples } = tiny();
  let updates = 0;
  const counting = watchVerbs(engine, {
    after: (verb) => {
      if (verb === "step") updates += 1;
    },
  });
  await TINY_RUNS[name]({ engine: counting, examples, runFolder, start });
  await freeAdapters(engine);
  return updates;
}

/** Runs in a process that kills itself at the place; gives the updates it made. */
async function runAndDie(name: RunName, runFolder: string, { verb, count }: Place): Promise<number> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", DRIVER, name, runFolder, start, verb, String(count)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let printed = "";
  child.stdout.on("data", (data: Buffer) => {
    printed += data.toString();
  });
  const [code, signal] = await once(child, "close");
  expect([code, signal]).toEqual([null, "SIGKILL"]);
  return printed.split("\n").length - 1;
}

beforeAll(async () => {
  for (const name of ["sft", "grpo"] as const) {
    const folder = path.join(await scratch(), "run");
    undisturbed[name] = { folder, updates: await run(name, folder) };
    // GRPO starts from what SFT left.
    const last = (await checkpointSteps(folder)).at(-1);
    if (name === "sft") start = path.join(folder, "checkpoints", `step-${last}`, "adapter");
  }
});
afterEach(() => freeAdapters(tiny().engine));

describe.each(["sft", "grpo"] as const)("%s, killed and run again", (name) => {
  it.each(PLACES[name])("$where: ends in the same bytes", async (place) => {
    const whole = undisturbed[name];
    expect(whole?.updates).toBe(name === "sft" ? 6 : 12);
    const folder = path.join(await scratch(), "run");
    const before = await runAndDie(name, folder, place);
    expect((await readdir(path.join(folder, "checkpoints"))).sort()).toEqual(place.left);
    const after = await run(name, folder);
    expect(await folderBytes(folder)).toEqual(await folderBytes(whole?.folder ?? ""));
    const repeated = before + after - (whole?.updates ?? 0);
    expect(before).toBeGreaterThan(0);
    expect(after).toBeLessThan(whole?.updates ?? 0);
    expect(repeated).toBeGreaterThanOrEqual(0);
    expect(repeated).toBeLessThanOrEqual(INTERVAL[name]);
  });
});
