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
}

/** Does nothing without a GPU. */
const GPU_ONLY: readonly Shortcut[] = ["cuda-graphs"];

/** Every shortcut of the engine that acts on a CPU; and SFT's gradient that goes along with its forward, which is TypeScript's. */
export const SAVINGS: readonly Saving[] = [
  ...SHORTCUTS.filter((shortcut) => !GPU_ONLY.includes(shortcut)).map(
    (shortcut): Saving => ({
      name: shortcut,
      cases: ["grpo"],
      without: { shortcuts: [shortcut], splitForward: false },
    }),
  ),
  { name: "own-layers", cases: ["sft"], without: { shortcuts: ["own-layers"], splitForward: false } },
  { name: "gradient with forward", cases: ["sft"], without: { shortcuts: [], splitForward: true } },
  {
    name: "feature-cache",
    cases: ["sft-3-epochs"],
    without: { shortcuts: ["feature-cache"], splitForward: false },
  },
  { name: "all shortcuts", cases: ["grpo", "sft"], without: { shortcuts: SHORTCUTS, splitForward: true } },
];

/** Our line with all its savings beside our line without one, in turn. */
export async function ablate(
  bench: Bench,
  one: Case,
  prepared: Prepared,
  { name, without }: Saving,
  options: OurOptions,
): Promise<Ablation> {
  const file = (label: string) => path.join(bench.work, `job-ablation-${label}.json`);
  await writeFile(file("all"), JSON.stringify(makeJob(one, prepared, bench.threads, ALL_ON)));
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
