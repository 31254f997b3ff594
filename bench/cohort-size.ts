import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import {
  type BalancedRequest,
  balancedSample,
  type Candidate,
  type LabelCounts,
  PROPOSALS,
  sampleGoals,
  scoreOf,
} from "../src/cohort/balanced-sample.ts";
import { COHORT_SOURCE_KINDS, readCohortSource } from "../src/cohort/cohort-source.ts";
import { groupByLabels } from "../src/cohort/label-groups.ts";
import { makeCohorts } from "../src/cohort/make-cohorts.ts";
import type { ImageRecord } from "../src/datasets/record.ts";
import { PACKAGE_ROOT } from "../src/engine/python-environment.ts";
import { byLabel, LABELS, type Label, labelRow } from "../src/labels/label.ts";
import { positiveLabels } from "../src/labels/policy.ts";
import { writeJsonAtomic } from "../src/util/files.ts";
import { randomStream } from "../src/util/random.ts";

/**
 * How long the cohorts take to draw as the hospital grows, and whether the sampler should look at a few random
 * candidates a pick (it does) or at all of them, grouped by label set. Rows are drawn with replacement from a
 * hospital's table, each as a patient of its own among others, so that a size past the table's keeps its label sets.
 *
 *     npx tsx bench/cohort-size.ts --kind chexpert --split train --table chexpert_train.csv.gz
 *
 * Without a table, rows are made up: labels of a half down to 1 %, that come together.
 */
const SIZES = [25_000, 50_000, 100_000, 200_000, 400_000, 800_000];
const REQUEST = { sft: 2000, rl: 1000, validation: 500, seed: 1, floorShare: 0.05 } as const;
const REPEATS = 3;
/** CheXpert's 191,016 frontal training images are of 64,532 patients. */
const IMAGES_A_PATIENT = 3;

const { values } = parseArgs({
  options: { table: { type: "string" }, kind: { type: "string" }, split: { type: "string" } },
});
const kind = COHORT_SOURCE_KINDS.find((name) => name === values.kind) ?? "parquet";
const { table, split } = values;
const real = table === undefined ? null : (await readCohortSource({ kind, table, split })).table.records;

const growth = SIZES.map((size) => {
  const records = hospitalOf(size);
  const candidates = candidatesOf(records);
  const whole = seconds(() => makeCohorts(records, REQUEST));
  const proposals = seconds(() => pickBoth(candidates, samplePicks));
  const grouped = seconds(() => pickBoth(candidates, groupedPicks));
  const labelSets = groupByLabels(candidates).size;
  return { rows: size, labelSets, makeCohorts: whole, picking: proposals, pickingGrouped: grouped };
});
const [first] = growth;
const last = growth.at(-1);
if (first === undefined || last === undefined) throw new Error("no sizes");

const source = real ?? hospitalOf(200_000);
const candidates = candidatesOf(source);
const whole = {
  rows: source.length,
  makeCohorts: seconds(() => makeCohorts(source, REQUEST)),
  picking: seconds(() => pickBoth(candidates, samplePicks)),
  pickingGrouped: seconds(() => pickBoth(candidates, groupedPicks)),
  sets: makeCohorts(source, REQUEST),
};
const { sft, rl, validation } = whole.sets;
const result = {
  schema: "chexreason.bench-cohort-size/1",
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}`,
  source: table === undefined ? "made up" : path.basename(table),
  request: REQUEST,
  proposals: PROPOSALS,
  unit: "seconds of processor time, median of 3",
  growth,
  ratio: {
    rows: last.rows / first.rows,
    makeCohorts: round(last.makeCohorts / first.makeCohorts),
    picking: round(last.picking / first.picking),
    pickingGrouped: round(last.pickingGrouped / first.pickingGrouped),
  },
  asItIs: {
    rows: whole.rows,
    makeCohorts: whole.makeCohorts,
    picking: whole.picking,
    pickingGrouped: whole.pickingGrouped,
    shares: Object.fromEntries(
      Object.entries({ source, sft: sft.records, rl: rl.records, validation: validation.records }).map(
        ([name, records]) => [name, sharesOf(records)],
      ),
    ),
  },
  /** Over 14 labels and 91 pairs, shares of the sft set against the candidates'. */
  likeness: {
    proposals: likeness(samplePicks(candidates, requestOf(REQUEST.sft))),
    grouped: likeness(groupedPicks(candidates, requestOf(REQUEST.sft))),
    random: likeness(randomStream(REQUEST.seed, "bench").shuffle(candidates).slice(0, REQUEST.sft)),
  },
};
const file = path.join(PACKAGE_ROOT, "bench/results/cohort-size.json");
await writeJsonAtomic(file, result);
console.log(JSON.stringify(result, null, 2));

type Sampler = (candidates: readonly Candidate[], request: BalancedRequest) => readonly Candidate[];

function requestOf(count: number): BalancedRequest {
  return { count, floorShare: REQUEST.floorShare, floorLabels: LABELS, name: "bench" };
}

function samplePicks(from: readonly Candidate[], request: BalancedRequest): readonly Candidate[] {
  return balancedSample(from, request, randomStream(REQUEST.seed, "bench"));
}

/** The same formula over all candidates: of each label set one, the first in a random order. */
function groupedPicks(from: readonly Candidate[], request: BalancedRequest): readonly Candidate[] {
  const goals = sampleGoals(from, request);
  const groups = [...groupByLabels(randomStream(REQUEST.seed, "bench").shuffle(from)).values()];
  const count: Record<keyof LabelCounts, number> = byLabel(() => 0);
  const picked: Candidate[] = [];
  while (picked.length < request.count) {
    const progress = (picked.length + 1) / request.count;
    let best: { readonly score: number; readonly group: Candidate[] } | null = null;
    for (const group of groups) {
      const next = group.at(-1);
      if (next === undefined) continue;
      const score = scoreOf(next.labels, count, goals, progress);
      if (best === null || score > best.score) best = { score, group };
    }
    const taken = best?.group.pop();
    if (taken === undefined) break;
    for (const label of taken.labels) count[label]++;
    picked.push(taken);
  }
  return picked;
}

function pickBoth(from: readonly Candidate[], sampler: Sampler): void {
  sampler(from, requestOf(REQUEST.sft));
  sampler(from, requestOf(REQUEST.rl));
}

/** How far a set's shares of labels and of pairs are from the candidates', in percentage points. */
function likeness(picked: readonly Candidate[]) {
  const [of, from] = [pairsOf(picked), pairsOf(candidates)];
  const labels = LABELS.map((label) => {
    const target = Math.max(REQUEST.floorShare, from[label][label]);
    return Math.abs(of[label][label] - target);
  });
  const pairs = LABELS.flatMap((a, at) => LABELS.slice(at + 1).map((b) => Math.abs(of[a][b] - from[a][b])));
  const points = (values: readonly number[]) => ({
    largest: round(100 * Math.max(...values)),
    mean: round((100 * values.reduce((sum, value) => sum + value, 0)) / values.length),
  });
  const least = Math.min(...LABELS.map((label) => of[label][label]));
  return { labelsFromTarget: points(labels), pairsFromSource: points(pairs), leastShare: round(100 * least) };
}

function pairsOf(rows: readonly Candidate[]): Record<Label, Record<Label, number>> {
  const shares = byLabel(() => byLabel(() => 0));
  for (const { labels } of rows)
    for (const a of labels) for (const b of labels) shares[a][b] += 1 / rows.length;
  return shares;
}

function sharesOf(records: readonly ImageRecord[]): Record<Label, number> {
  return byLabel((label) =>
    round((100 * records.filter(({ labels }) => labels[label] === 1).length) / records.length),
  );
}

function candidatesOf(records: readonly ImageRecord[]): Candidate[] {
  return records
    .map(({ labels }) => ({ labels: positiveLabels(labels) }))
    .filter(({ labels }) => labels.length > 0);
}

function hospitalOf(size: number): ImageRecord[] {
  const random = randomStream(1, "bench", "hospital", size);
  return Array.from({ length: size }, (_, at): ImageRecord => {
    const id = `i${at}`;
    const labels = real === null ? madeUp(random.uniform(), random.chance) : random.pick(real).labels;
    const patient = `p${Math.floor(at / IMAGES_A_PATIENT)}`;
    return {
      id,
      patient,
      study: patient,
      image: `${id}.png`,
      view: "AP",
      sex: null,
      age: null,
      site: "bench",
      licence: "synthetic",
      labels,
    };
  });
}

function madeUp(sick: number, chance: (probability: number) => boolean) {
  const found = LABELS.filter((_, at) => at > 0 && chance(sick * 0.9 * 0.75 ** at));
  const positive: readonly Label[] = found.length === 0 ? ["No Finding"] : found;
  return labelRow(Object.fromEntries(positive.map((label) => [label, 1])));
}

/** Seconds of processor time, which other work on the machine lengthens less than the clock's. */
function seconds(work: () => unknown): number {
  const times = Array.from({ length: REPEATS }, () => {
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1e6;
  });
  return round(times.sort((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? 0);
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
