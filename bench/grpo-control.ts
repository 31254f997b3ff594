import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { PACKAGE_ROOT } from "../src/engine/python-environment.ts";
import { writeJsonAtomic } from "../src/util/files.ts";

/**
 * Does GRPO gain by what it sees? The phantom study's GRPO with the images' own labels beside controls whose reward has
 * nothing to do with the picture, for several seeds: the change from SFT in the Jaccard index among valid answers, with
 * its interval over patients, on patients in no training set. The last checkpoint is read, so nothing is chosen.
 *
 *     npx tsx bench/grpo-control.ts --work /tmp/grpo-control
 *
 * `--arm none` runs one arm, `--set grpo.groupSize=16` changes a setting, `--out FILE` names the result.
 */
/** Not seed 1: the settings of studies/phantom.yaml were chosen on it (LOG.md). */
const SEEDS = [4, 5, 6];
const ARMS = ["none", "permuted-rewards"] as const;
/** Held-out images of the training hospital, whose labels are of the convention that the reward pays. */
const HELD_OUT = 250;
const IMAGES = 2500;

const estimate = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});
const evaluationsSchema = z.object({
  comparisons: z.array(
    z.looseObject({
      model: z.string(),
      baseline: z.string(),
      data: z.string(),
      n: z.int(),
      patients: z.int(),
      views: z.array(
        z.looseObject({ labels: z.string(), closure: z.string(), failed: z.string(), jaccard: estimate }),
      ),
    }),
  ),
});

const { values } = parseArgs({
  options: {
    work: { type: "string" },
    set: { type: "string", multiple: true, default: [] },
    arm: { type: "string", multiple: true, default: [...ARMS] },
    out: { type: "string", default: "grpo-control.json" },
  },
});
if (values.work === undefined) throw new Error("give a folder for the studies: --work FOLDER");

const rows = SEEDS.flatMap((seed) =>
  ARMS.filter((control) => values.arm.includes(control)).flatMap((control) =>
    changes(seed, control, values.work ?? "", values.set),
  ),
);
const file = path.join(PACKAGE_ROOT, "bench/results", values.out);
await writeJsonAtomic(file, {
  schema: "chexreason.grpo-control/2",
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  settings: values.set,
  rows,
});
for (const {
  seed,
  control,
  data,
  jaccardValid: { value, low, high },
} of rows)
  console.log(`| ${seed} | ${control} | ${data} | ${text(value)} [${text(low)}, ${text(high)}] |`);

function changes(seed: number, control: (typeof ARMS)[number], work: string, extra: readonly string[]) {
  const folder = path.join(work, `seed-${seed}`);
  const settings = [
    `folder=${folder}`,
    `seed=${seed}`,
    `data.phantom-mimic.images=${IMAGES}`,
    `cohort.test=${HELD_OUT}`,
    "evaluation.sets.phantom-mimic.n=all",
    "grpo.evaluate=last",
    `grpo.control=${control}`,
    ...extra,
  ];
  const args = ["run", "studies/phantom.yaml", ...settings.flatMap((setting) => ["--set", setting])];
  const { status } = spawnSync(process.execPath, [path.join(PACKAGE_ROOT, "bin/chexreason.js"), ...args], {
    cwd: PACKAGE_ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`seed ${seed}, ${control}: the study ended with ${status}`);
  const written: unknown = JSON.parse(readFileSync(path.join(folder, "reports/evaluations.json"), "utf8"));
  return evaluationsSchema
    .parse(written)
    .comparisons.filter(({ model, baseline }) => model === "grpo" && baseline === "sft")
    .map(({ data, n, patients, views }) => {
      const view = views.find(
        ({ labels, closure, failed }) => labels === "all" && closure === "raw" && failed === "left-out",
      );
      if (view === undefined) throw new Error(`seed ${seed}, ${control}: no comparison on ${data}`);
      return { seed, control, data, n, patients, jaccardValid: view.jaccard };
    });
}

function text(value: number | null): string {
  return value === null ? "none" : value.toFixed(3);
}
