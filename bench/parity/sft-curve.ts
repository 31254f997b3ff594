import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { launchEngine } from "../../src/engine/launch-engine.ts";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";
import { writeJsonAtomic } from "../../src/util/files.ts";
import { SFT_LORA, SFT_SETTINGS, sftLine } from "./sft-line.ts";

/**
 * Our SFT's loss curve beside that of TRL's SFTTrainer on phantom-gemma3: 50 updates, float32, no dropout, the same
 * pictures in the same order from the same first LoRA weights. Writes sft-curve.json.
 *
 *     npx tsx bench/parity/sft-curve.ts --work /tmp/sft-curve --trl-python /path/to/python
 *
 * `trl-python` has TRL (see trl_sft.py); ours runs in the engine's own environment.
 */
const { values } = parseArgs({ options: { work: { type: "string" }, "trl-python": { type: "string" } } });
const { work, "trl-python": python } = values;
if (work === undefined || python === undefined)
  throw new Error("give --work FOLDER and --trl-python EXECUTABLE");

const launched = await launchEngine();
const ours = await sftLine(launched.engine, work).finally(() => launched.close());
await writeJsonAtomic(path.join(work, "ours.json"), { settings: SFT_SETTINGS, ...ours });

const script = path.join(PACKAGE_ROOT, "bench/parity/trl_sft.py");
const { status } = spawnSync(python, [script, work], { stdio: ["ignore", "ignore", "inherit"] });
if (status !== 0) throw new Error(`${script} ended with ${status}`);
const series = z.array(z.number());
const trl = z
  .object({
    versions: z.record(z.string(), z.string()),
    losses: series,
    gradientNorms: series,
    tokenAccuracy: series,
  })
  .parse(JSON.parse(readFileSync(path.join(work, "trl.json"), "utf8")));

/** Largest |ours - TRL's| / TRL's over the updates. */
const largest = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length
    ? Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)) / Math.abs(b[i] ?? Number.NaN)))
    : Number.POSITIVE_INFINITY;
const result = {
  schema: "chexreason.parity-sft-curve/1",
  versions: trl.versions,
  settings: { ...SFT_SETTINGS, lora: SFT_LORA },
  largestRelativeDifference: {
    loss: largest(ours.losses, trl.losses),
    gradientNorm: largest(ours.gradientNorms, trl.gradientNorms),
    tokenAccuracy: largest(ours.tokenAccuracy, trl.tokenAccuracy),
  },
  ours: { losses: ours.losses, gradientNorms: ours.gradientNorms, tokenAccuracy: ours.tokenAccuracy },
  trl: { losses: trl.losses, gradientNorms: trl.gradientNorms, tokenAccuracy: trl.tokenAccuracy },
};
await writeJsonAtomic(path.join(PACKAGE_ROOT, "bench/parity/sft-curve.json"), result);
console.log(result.largestRelativeDifference);
