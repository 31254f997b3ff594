import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type SftLine, sftLine } from "../../bench/parity/sft-line.ts";
import { type LaunchedEngine, launchEngine } from "../engine/launch-engine.ts";
import { PACKAGE_ROOT } from "../engine/package-root.ts";
import { scratchFolders } from "./testing/scratch-folders.ts";

const series = z.array(z.number());
const { trl } = z
  .object({ trl: z.object({ losses: series, gradientNorms: series, tokenAccuracy: series }) })
  .parse(JSON.parse(readFileSync(path.join(PACKAGE_ROOT, "bench/parity/sft-curve.json"), "utf8")));

const scratch = scratchFolders();
let launched: LaunchedEngine | undefined;
let ours: SftLine | undefined;
beforeAll(async () => {
  launched = await launchEngine();
  ours = await sftLine(launched.engine, await scratch());
});
afterAll(() => launched?.close());

describe("trainSft beside TRL's SFTTrainer, as it ran on the same batches", () => {
  it.each([
    ["losses", 1e-4],
    ["gradientNorms", 1e-4],
    ["tokenAccuracy", 1e-6],
  ] as const)("has its %s at every one of 50 updates", (name, tolerance) => {
    const [mine, theirs] = [ours?.[name] ?? [], trl[name]];
    expect(mine).toHaveLength(50);
    expect(theirs).toHaveLength(50);
    for (const [update, value] of theirs.entries())
      expect(Math.abs((mine[update] ?? Number.NaN) - value) / value).toBeLessThan(tolerance);
  });

  it("is a curve worth comparing: the loss falls by more than a third, and clipping acts", () => {
    expect(trl.losses.at(-1)).toBeLessThan(0.67 * (trl.losses[0] ?? 0));
    expect(Math.max(...trl.gradientNorms)).toBeGreaterThan(1);
  });
});
