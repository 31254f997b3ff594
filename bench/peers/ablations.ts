import { writeFile } from "node:fs/promises";
import path from "node:path";
import { SHORTCUTS, type Shortcut } from "../../src/engine/shortcuts.ts";
import { alternate } from "./alternate.ts";
import type { Case } from "./cases.ts";
import type { Bench } from "./compare.ts";
import { ALL_ON, makeJob, type Without } from "./make-job.ts";
import type { Prepared } from "./prepare-model.ts";
import type { Ablation } from "./results-schema.ts";
import type { OurOptions } from "./settings.ts";
import { startSide } from "./side.ts";
import { spreadOf } from "./spread.ts";

/** A saving, what to switch off for it, and the cases it should show in. */
export interface Saving {
  readonly name: string;
  /** Names of cases. */
  readonly cases: readonly string[];
  readonly without: Without;
  /** What the line that it is measured against does without. */
  readonly beside: Without;
}

/** Does nothing without a GPU. */
const GPU_ONLY: readonly Shortcut[] = ["cuda-graphs"];

/** Of what torch does where there are no kernels. */
const INSTEAD_OF_KERNELS: readonly Shortcut[] = ["static-cache", "seen-keys"];

const off = (...shortcuts: readonly Shortcut[]): Without => ({ shortcuts, splitForward: false });

/** Every shortcut of the engine that acts on a CPU; and SFT's gradient that goes along with its forward, which is TypeScript's. */
export const SAVINGS: readonly Saving[] = [
  ...SHORTCUTS.filter((shortcut) => !GPU_ONLY.includes(shortcut)).map((shortcut): Saving => {
    const cases = ["grpo"];
    return INSTEAD_OF_KERNELS.includes(shortcut)
      ? {
          name: `${shortcut}, both without kernels`,
          cases,
          without: off(shortcut, "kernels"),
          beside: off("kernels"),
        }
      : { name: shortcut, cases, without: off(shortcut), beside: ALL_ON };
  }),
  { name: "kernels", cases: ["sft", "grpo-512-tokens"], without: off("kernels"), beside: ALL_ON },
  { name: "row-threads", cases: ["sft"], without: off("row-threads"), beside: ALL_ON },
  {
    name: "own-layers, both without kernels",
    cases: ["sft"],
    without: off("own-layers", "kernels"),
    beside: off("kernels"),
  },
  {
    name: "gradient with forward",
    cases: ["sft"],
    without: { shortcuts: [], splitForward: true },
    beside: ALL_ON,
  },
  { name: "feature-cache", cases: ["sft-3-epochs"], without: off("feature-cache"), beside: ALL_ON },
  {
    name: "all shortcuts",
    cases: ["grpo", "sft"],
    without: { shortcuts: SHORTCUTS, splitForward: true },
    beside: ALL_ON,
  },
];

/** Our line with all its savings (or those of `beside`) beside our line without one, in turn. */
export async function ablate(
  bench: Bench,
  one: Case,
  prepared: Prepared,
  { name, without, beside }: Saving,
  options: OurOptions,
): Promise<Ablation> {
  const file = (label: string) => path.join(bench.work, `job-ablation-${label}.json`);
  await writeFile(file("all"), JSON.stringify(makeJob(one, prepared, bench.threads, beside)));
  await writeFile(file("without"), JSON.stringify(makeJob(one, prepared, bench.threads, without)));
  const all = await startSide<OurOptions>(bench.ours, file("all"));
  try {
    const less = await startSide<OurOptions>(bench.ours, file("without"));
    try {
      const { first, second } = await alternate(
        { side: all, options },
        { side: less, options },
        one.repetitions,
        (line) => bench.say(`${one.name} without ${name}: ${line}`),
      );
      const peak = (results: typeof first) => Math.max(...results.map(({ peakBytes }) => peakBytes));
      return {
        name,
        case: one.name,
        slowdown: spreadOf(first.map(({ seconds }, i) => (second[i]?.seconds ?? Number.NaN) / seconds)),
        withAll: first.map(({ seconds }) => seconds),
        without: second.map(({ seconds }) => seconds),
        peakBytesWithAll: peak(first),
        peakBytesWithout: peak(second),
      };
    } finally {
      await less.close();
    }
  } finally {
    await all.close();
  }
}
