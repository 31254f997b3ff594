import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import {
  checkpointAdapter,
  checkpointSteps,
  latestCheckpoint,
  pruneCheckpoints,
  writeCheckpoint,
} from "./checkpoint.ts";
import { scalarEngine } from "./testing/scalar-engine.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";

const scratch = scratchFolders();
const schema = z.object({ step: z.int(), best: z.number().nullable() });

/** A run folder with checkpoints of these steps. */
async function runWith(...steps: number[]): Promise<{ engine: Engine; folder: string }> {
  const engine = scalarEngine();
  await engine.newAdapter("policy", { lora: { rank: 1, alpha: 1, dropout: 0, seed: 1 } }, true);
  const folder = await scratch();
  for (const step of steps) await write(engine, folder, step);
  return { engine, folder };
}

const write = (engine: Engine, folder: string, step: number): Promise<string> =>
  writeCheckpoint(engine, folder, { step, adapter: "policy", state: { step, best: step / 10 } });

const namesIn = async (folder: string) => (await readdir(path.join(folder, "checkpoints"))).sort();

describe("checkpoints", () => {
  it("are none in a fresh run, whose folder need not exist", async () => {
    const folder = path.join(await scratch(), "nowhere");
    expect(await checkpointSteps(folder)).toEqual([]);
    expect(await latestCheckpoint(folder, schema)).toBeNull();
    await pruneCheckpoints(folder, []);
  });

  it("are found by number, not by name: step 10 is after step 9", async () => {
    const { folder } = await runWith(9, 10, 2);
    expect(await checkpointSteps(folder)).toEqual([2, 9, 10]);
    const latest = await latestCheckpoint(folder, schema);
    expect(latest?.step).toBe(10);
    expect(latest?.state).toEqual({ step: 10, best: 1 });
    expect(latest?.adapter).toBe(checkpointAdapter(folder, 10));
  });

  it("hold what the engine saved, and the hash of its weights beside the trainer's state", async () => {
    const { folder, engine } = await runWith();
    const hash = await write(engine, folder, 3);
    const inside = path.join(folder, "checkpoints", "step-3");
    expect((await readdir(inside)).sort()).toEqual(["adapter", "trainer.json"]);
    expect(JSON.parse(await readFile(path.join(inside, "trainer.json"), "utf8"))).toEqual({
      step: 3,
      best: 0.3,
      weightsHash: hash,
    });
    expect(await readdir(path.join(inside, "adapter"))).toEqual(["adapter.json"]);
  });

  it("have their name only when they are whole: a failed write leaves the one before as the latest", async () => {
    const { engine, folder } = await runWith(5);
    const failing: Engine = {
      ...engine,
      async saveState(adapter, target, options) {
        await engine.saveState(adapter, target, options);
        throw new Error("the disk is full");
      },
    };
    await expect(write(failing, folder, 6)).rejects.toThrow("the disk is full");
    expect(await namesIn(folder)).toEqual(["partial-6", "step-5"]);
    expect((await latestCheckpoint(folder, schema))?.step).toBe(5);
    // What was left is no hindrance, and no part of the next.
    await writeFile(path.join(folder, "checkpoints", "partial-6", "stray"), "");
    await write(engine, folder, 6);
    expect(await namesIn(folder)).toEqual(["step-5", "step-6"]);
    expect(await readdir(path.join(folder, "checkpoints", "step-6"))).not.toContain("stray");
  });

  it("are refused when another version wrote them, and when they are damaged", async () => {
    const { folder } = await runWith(5);
    const refusal = /step-5.*trainer\.json: not a checkpoint of this version; delete the run folder/;
    await expect(latestCheckpoint(folder, z.object({ rollout: z.int() }))).rejects.toThrow(refusal);
    const file = path.join(folder, "checkpoints", "step-5", "trainer.json");
    await writeFile(file, '{"step":');
    await expect(latestCheckpoint(folder, schema)).rejects.toThrow(refusal);
    await rm(file);
    await expect(latestCheckpoint(folder, schema)).rejects.toThrow(refusal);
  });

  it("are pruned to those named, with whatever was left half-written or half-deleted", async () => {
    const { folder } = await runWith(2, 4, 6, 8);
    await cp(path.join(folder, "checkpoints", "step-2"), path.join(folder, "checkpoints", "partial-2"), {
      recursive: true,
    });
    await mkdir(path.join(folder, "checkpoints", "partial-10"));
    await pruneCheckpoints(folder, [8, 4]);
    expect(await namesIn(folder)).toEqual(["step-4", "step-8"]);
  });
});
