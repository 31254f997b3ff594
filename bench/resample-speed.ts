import { cpus, loadavg } from "node:os";
import path from "node:path";
import { PACKAGE_ROOT } from "../src/engine/python-environment.ts";
import { evaluate } from "../src/evaluation/evaluate.ts";
import { labelSheet, refresh } from "../src/evaluation/label-sheet.ts";
import { prepare } from "../src/evaluation/prepare.ts";
import type { ReadingSet } from "../src/evaluation/reading.ts";
import { resample } from "../src/evaluation/resample.ts";
import { type Statistic, scoreTree } from "../src/evaluation/statistics.ts";
import { LABELS } from "../src/labels/label.ts";
import { writeJsonAtomic } from "../src/util/files.ts";
import { randomStream } from "../src/util/random.ts";

/**
 * How long 10,000 resamples of CheXpert's 518 test images with 14 labels take, one thread:
 * `f1`: macro-F1, micro-F1 and each label's F1 of every resample;
 * `every score`: `evaluate`, with its intervals: all label subsets, closures, and ways to take failed answers.
 * The best of several runs by wall clock, beside the processor time of that run, which other work on the machine does
 * not lengthen as much.
 *
 *     npx tsx bench/resample-speed.ts
 */
const [IMAGES, PATIENTS, RESAMPLES, RUNS] = [518, 500, 10_000, 7];

const random = randomStream(1, "resample speed");
const set: ReadingSet = {
  model: "reader",
  data: "drawn",
  stated: LABELS,
  readings: Array.from({ length: IMAGES }, (_, i) => ({
    id: `${i}`,
    patient: `p${i % PATIENTS}`,
    truth: LABELS.filter(() => random.chance(0.2)),
    predicted: LABELS.filter(() => random.chance(0.25)),
    failure: null,
  })),
};
const matched = LABELS.slice(0, 9);

function f1Alone(): number {
  const { tally, masks } = prepare(set, matched);
  const { views, perLabel } = scoreTree<Statistic>(tally.layout, masks, [], (statistic) => statistic);
  const [view] = views;
  const [table] = perLabel;
  if (view === undefined || table === undefined) throw new Error("the tree is empty");
  const wanted = [view.macro.f1, view.micro.f1, ...table.labels.map(({ f1 }) => f1)];
  const kept = wanted.map(() => new Float64Array(RESAMPLES));
  const sheet = labelSheet(tally.layout);
  resample([tally], { resamples: RESAMPLES, seed: 1 }, ([sums], draw) => {
    if (sums === undefined) return;
    refresh(sheet, tally.layout, sums);
    wanted.forEach((statistic, index) => {
      (kept[index] as Float64Array)[draw] = statistic(sheet);
    });
  });
  return wanted.length;
}

function everyScore(): number {
  const { views, perLabel } = evaluate(set, { matched, resamples: RESAMPLES, seed: 1 });
  return 1 + views.length * 9 + perLabel.reduce((sum, { labels }) => sum + 4 * labels.length, 0);
}

function timed(work: () => number) {
  const runs = Array.from({ length: RUNS }, () => {
    const [wall, processor] = [performance.now(), process.cpuUsage()];
    const scores = work();
    const { user, system } = process.cpuUsage(processor);
    return { scores, seconds: (performance.now() - wall) / 1000, processorSeconds: (user + system) / 1e6 };
  });
  runs.sort((a, b) => a.seconds - b.seconds);
  const [best] = runs;
  if (best === undefined) throw new Error("no runs");
  return { ...best, slowestSeconds: runs.at(-1)?.seconds ?? best.seconds };
}

const before = loadavg()[0] ?? 0;
const result = {
  schema: "chexreason.resample-speed/1",
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  node: process.version,
  loadBefore: before,
  note: "Other work ran on the machine where its load before the run is above 0.",
  images: IMAGES,
  patients: PATIENTS,
  labels: LABELS.length,
  resamples: RESAMPLES,
  runs: RUNS,
  f1: timed(f1Alone),
  "every score": timed(everyScore),
};
await writeJsonAtomic(path.join(PACKAGE_ROOT, "bench/results/resample-speed.json"), result);
console.log(JSON.stringify(result, null, 2));
