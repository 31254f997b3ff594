import { readdirSync } from "node:fs";

/** One folder a GPU, where Linux has loaded NVIDIA's driver. */
const NVIDIA_GPUS = "/proc/driver/nvidia/gpus";

/**
 * How many NVIDIA GPUs an engine of ours could use, without starting one: those that the driver lists, or as many of them
 * as CUDA_VISIBLE_DEVICES names. 0 without a driver, and on other systems than Linux.
 */
export function visibleGpus(environment: NodeJS.ProcessEnv = process.env, folder = NVIDIA_GPUS): number {
  let there: number;
  try {
    there = readdirSync(folder).length;
  } catch {
    return 0;
  }
  const listed = environment.CUDA_VISIBLE_DEVICES;
  if (listed === undefined) return there;
  return Math.min(there, listed.split(",").filter((name) => name.trim() !== "").length);
}
