import os from "node:os";
import { visibleGpus } from "../../engine/visible-gpus.ts";
import { countText } from "../../util/count-text.ts";
import type { StudyConfig } from "../schema/study.ts";
import { type Need, ready } from "./need.ts";

export interface Machine {
  readonly cores: number;
  readonly gpus: number;
}

const NAME = "ranks";

/** What this machine has for the study's ranks: a GPU each, or cores. Nothing to say of one rank where there is one GPU or none. */
export function rankNeeds(
  { ranks, threads }: Pick<StudyConfig["model"], "ranks" | "threads">,
  machine: Machine = { cores: os.availableParallelism(), gpus: visibleGpus() },
): Need[] {
  const { cores, gpus } = machine;
  if (ranks === 1)
    return gpus <= 1 ? [] : [ready(NAME, `1 of ${gpus} GPUs is used; model.ranks: ${gpus} uses them all`)];
  if (gpus > 0 && ranks > gpus)
    return [
      {
        name: NAME,
        state: "missing",
        detail: `${ranks} ranks need a GPU each, and ${countText(gpus, "GPU")} can be seen`,
        remedy: `set model.ranks to ${gpus}, or CUDA_VISIBLE_DEVICES= to compute on the CPU`,
      },
    ];
  if (gpus > 0) return [ready(NAME, `${ranks} ranks on ${ranks} of ${gpus} GPUs`)];
  const each = threads === 0 ? Math.max(1, Math.floor(cores / ranks)) : threads;
  const crowded = each * ranks > cores ? "; more threads than cores wait for each other" : "";
  return [
    ready(
      NAME,
      `${ranks} ranks on the CPU: ${countText(each, "thread")} each of ${countText(cores, "core")}${crowded}`,
    ),
  ];
}
