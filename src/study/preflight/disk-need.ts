import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import path from "node:path";
import { type Need, ready } from "./need.ts";
import type { Workload } from "./workload.ts";

/** Features of one picture, bytes: MedGemma's 256 visual tokens x 2560 in bfloat16. The largest of the two families. */
const FEATURE_BYTES = 256 * 2560 * 2;
/** Checkpoints kept at once (best and last of SFT and of GRPO, one being written), of a 4 B model's adapter in float32 with its optimizer's two moments. */
const CHECKPOINT_BYTES = 5 * 3 * 33e6 * 4;
/** Tables, logs, predictions and report. */
const REST_BYTES = 200e6;
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Whether the study's folder has room for what a study of this size leaves behind, at most.
 * @param runs how many studies it consists of: each keeps its checkpoints
 */
export async function diskNeed(folder: string, { images }: Workload, runs = 1): Promise<Need> {
  const needed = images * FEATURE_BYTES + runs * (CHECKPOINT_BYTES + REST_BYTES);
  let place = path.resolve(folder);
  while (!existsSync(place)) place = path.dirname(place);
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const detail = `at most ${gigabytes(needed)} of ${gigabytes(free)} free in ${folder}`;
  return free >= needed
    ? ready("disk", detail)
    : {
        name: "disk",
        state: "missing",
        detail,
        remedy: "free some, or set another folder (--set folder=...)",
      };
}
