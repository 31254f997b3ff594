import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { PACKAGE_ROOT } from "../src/engine/python-environment.ts";
import { acrossSeeds } from "../src/evaluation/across-seeds.ts";
import { bcaInterval } from "../src/evaluation/bca-interval.ts";
import { percentileInterval } from "../src/evaluation/interval.ts";
import { jackknife } from "../src/evaluation/jackknife.ts";
import { labelSheet, refresh } from "../src/evaluation/label-sheet.ts";
import { pairedTests } from "../src/evaluation/paired/paired-tests.ts";
import { FREQUENT_FROM, type Prepared, prepare } from "../src/evaluation/prepare.ts";
import { dirichletEstimates } from "../src/evaluation/rare-label.ts";
import { resample } from "../src/evaluation/resample.ts";
import { balancedAccuracy, f1 } from "../src/evaluation/scores.ts";
import { confusionOf, type Statistic, scoreTree } from "../src/evaluation/statistics.ts";
import { totals } from "../src/evaluation/tally.ts";
import { LABELS, type Label } from "../src/labels/label.ts";
import { writeJsonAtomic } from "../src/util/files.ts";
import { randomStream } from "../src/util/random.ts";
import { CoverageCounts } from "./simulated/coverage-counts.ts";
import { simulateScores } from "./simulated/score-coverage.ts";
import {
  drawReadings,
  expectedPositives,
  marginal,
  PATIENTS,
  type Reader,
  readerOf,
  trueShares,
} from "./simulated/world.ts";

/**
 * How often each kind of interval holds the true value, and how often each test errs, by simulation: hospitals and
 * readers drawn as chances (`simulated/world.ts`), so that the truth is known. One core, a few minutes:
 *
 *     nice -n 19 npx tsx bench/interval-coverage.ts [--trials 600]
 */
const { values } = parseArgs({ options: { trials: { type: "string", default: "600" } } });
const TRIALS = Number(values.trials);
const [RESAMPLES, LEVEL, SEED] = [600, 0.95, 1];
const counts = new CoverageCounts();
const progress = (what: string, trial: number, of: number): void => {
  if (trial % 50 === 0) process.stderr.write(`${what}: ${trial} of ${of}\n`);
};

/** Labels by how many positives 500 patients have of them. */
const GROUPS: readonly (readonly [string, number, number])[] = [
  ["4-5", 4, 5],
  ["8-11", 8, 11],
  ["29-78", 29, 78],
  ["104-264", 104, 264],
];
const groupOf = (label: Label): string =>
  GROUPS.find(
    ([, least, most]) => expectedPositives(label) >= least && expectedPositives(label) <= most,
  )?.[0] ?? "";

interface Scored {
  readonly of: string;
  readonly statistic: Statistic;
  truth(reader: Reader): number;
}

/** The scores whose intervals are looked at. Which labels are frequent is settled by the sample, as in use. */
function scoresOf({ tally, masks }: Prepared): Scored[] {
  const tree = scoreTree<Statistic>(tally.layout, masks, [], (statistic) => statistic);
  const views = tree.views.filter(({ closure, failed }) => closure === "raw" && failed === "as-empty");
  const table = tree.perLabel[0];
  const [all, , frequent] = views;
  if (all === undefined || frequent === undefined || table === undefined)
    throw new Error("the tree is empty");
  const sums = totals(tally);
  const mean = (labels: readonly Label[], of: (label: Label) => number) =>
    labels.reduce((sum, label) => sum + of(label), 0) / labels.length;
  const f1Of = (reader: Reader) => (label: Label) => f1(trueShares(reader, label));
  const support = (label: Label) => {
    const { truePositive, falseNegative } = confusionOf(
      sums,
      tally.layout.closures.raw,
      "as-empty",
      LABELS.indexOf(label),
    );
    return truePositive + falseNegative;
  };
  const often = LABELS.filter((label) => support(label) >= FREQUENT_FROM);
  const both = LABELS.filter((label) => support(label) > 0);
  return [
    { of: "macro-F1, all labels", statistic: all.macro.f1, truth: (reader) => mean(LABELS, f1Of(reader)) },
    {
      of: "macro-F1, labels with 20+ positives",
      statistic: frequent.macro.f1,
      truth: (reader) => mean(often, f1Of(reader)),
    },
    {
      of: "micro-F1",
      statistic: all.micro.f1,
      truth: (reader) => {
        const pooled = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
        for (const label of LABELS) {
          const shares = trueShares(reader, label);
          for (const cell of ["truePositive", "falsePositive", "falseNegative"] as const)
            pooled[cell] += shares[cell];
        }
        return f1(pooled);
      },
    },
    {
      of: "balanced accuracy",
      statistic: all.balancedAccuracy,
      truth: (reader) => mean(both, (label) => balancedAccuracy(trueShares(reader, label), 1)),
    },
    ...(["jaccard", "subsetAccuracy"] as const).map((name) => ({
      of: name === "jaccard" ? "Jaccard index" : "subset accuracy",
      statistic: all[name],
      truth: (reader: Reader) => longRun(reader)[name],
    })),
    ...table.labels.map((scores) => ({
      of: `F1 of a label, ${groupOf(scores.label)} positives`,
      statistic: scores.f1,
      truth: (reader: Reader) => f1Of(reader)(scores.label),
    })),
  ];
}

/** Samples whose mean stands for the true value of what has no closed form here. */
const LONG_RUN = 400;
const longRuns = new Map<string, { jaccard: number; subsetAccuracy: number }>();

/** A reader's scores over many samples, by its name. */
function longRun(reader: Reader): { readonly jaccard: number; readonly subsetAccuracy: number } {
  const known = longRuns.get(reader.name);
  if (known !== undefined) return known;
  const sum = { jaccard: 0, subsetAccuracy: 0 };
  for (let run = 0; run < LONG_RUN; run++) {
    const [set] = drawReadings(randomStream(SEED, "long run", reader.name, run), [reader]);
    if (set === undefined) throw new Error("no readings");
    const { tally, masks } = prepare(set, []);
    const tree = scoreTree<Statistic>(tally.layout, masks, [], (statistic) => statistic);
    const all = tree.views.find(({ closure, failed }) => closure === "raw" && failed === "as-empty");
    if (all === undefined) throw new Error("the tree is empty");
    const sheet = refresh(labelSheet(tally.layout), tally.layout, totals(tally));
    for (const name of ["jaccard", "subsetAccuracy"] as const) sum[name] += all[name](sheet) / LONG_RUN;
  }
  longRuns.set(reader.name, sum);
  return sum;
}

/** One sample's intervals of one reader, or of the difference of two. */
function intervals(
  sides: readonly Prepared[],
  scores: readonly Scored[],
  truths: readonly Reader[],
  seed: number,
): void {
  const tallies = sides.map(({ tally }) => tally);
  const sheets = tallies.map(({ layout }) => labelSheet(layout));
  const score = (sums: readonly Float64Array[]): number[] => {
    sheets.forEach((sheet, side) => {
      refresh(sheet, (tallies[side] as (typeof tallies)[number]).layout, sums[side] as Float64Array);
    });
    const [own, other] = sheets;
    return scores.map(({ statistic }) => {
      const value = own === undefined ? Number.NaN : statistic(own);
      return other === undefined ? value : value - statistic(other);
    });
  };
  const table = (size: number) => scores.map(() => new Float64Array(size));
  const fill = (into: readonly Float64Array[]) => (sums: readonly Float64Array[], column: number) => {
    score(sums).forEach((value, index) => {
      (into[index] as Float64Array)[column] = value;
    });
  };
  const [replicates, without] = [table(RESAMPLES), table(sides[0]?.packed.patients ?? 0)];
  resample(tallies, { resamples: RESAMPLES, seed }, fill(replicates));
  jackknife(tallies, fill(without));
  score(tallies.map(totals)).forEach((value, index) => {
    const [own, other] = truths;
    const { of, truth } = scores[index] as Scored;
    if (own === undefined) return;
    const wanted = other === undefined ? truth(own) : truth(own) - truth(other);
    const name = other === undefined ? of : `difference of ${of}`;
    const drawn = replicates[index] as Float64Array;
    counts.add(name, "percentile", wanted, percentileInterval(value, drawn, LEVEL));
    counts.add(name, "BCa", wanted, bcaInterval(value, drawn, without[index] as Float64Array, LEVEL));
  });
}

function simulateReaders(): void {
  const [one, second] = [readerOf("one"), readerOf("two", -0.15)];
  const two = marginal(one, second);
  for (let trial = 0; trial < TRIALS; trial++) {
    progress("readers", trial, TRIALS);
    const sets = drawReadings(randomStream(SEED, "coverage", trial), [one, second]);
    const sides = sets.map((set) => prepare(set, []));
    const [own, other] = sides;
    if (own === undefined || other === undefined) throw new Error("no readings");
    const scores = scoresOf(own);
    intervals([own], scores, [one], trial);
    intervals([own, other], scores, [one, two], trial);
    const sums = totals(own.tally);
    for (const [position, label] of LABELS.entries()) {
      const confusion = confusionOf(sums, own.tally.layout.closures.raw, "as-empty", position);
      const { n: readings, patients } = own.packed;
      const estimate = dirichletEstimates(confusion, { patients, readings, level: LEVEL }).f1;
      counts.add(
        `F1 of a label, ${groupOf(label)} positives`,
        "Dirichlet",
        f1(trueShares(one, label)),
        estimate,
      );
    }
  }
}

/** Training seeds that move a model's sensitivity by this much (standard deviation). */
const SEED_SPREAD = 0.08;

function simulateSeeds(trials: number): void {
  const mean = (of: readonly number[]) => of.reduce((a, b) => a + b, 0) / of.length;
  const ends = randomStream(SEED, "mean over training seeds");
  const shifts = Array.from({ length: 20_000 }, () => ends.normal(0, SEED_SPREAD));
  const truth = mean(
    shifts.map((shift) => mean(LABELS.map((label) => f1(trueShares(readerOf("", shift), label))))),
  );
  for (const seeds of [3, 5]) {
    for (let trial = 0; trial < trials; trial++) {
      progress(`${seeds} training seeds`, trial, trials);
      const random = randomStream(SEED, "coverage of seeds", seeds, trial);
      const readers = Array.from({ length: seeds }, () => readerOf("model", random.normal(0, SEED_SPREAD)));
      const sets = drawReadings(random, readers, "err alone");
      for (const seedSpread of ["plain", "widened"] as const) {
        const { views } = acrossSeeds(sets, null, { matched: [], resamples: 300, seed: trial, seedSpread });
        const [view] = views;
        if (view !== undefined)
          counts.add(`macro-F1 over ${seeds} training seeds`, `crossed, ${seedSpread}`, truth, view.macro.f1);
      }
      const [first] = sets;
      const alone =
        first && acrossSeeds([first], null, { matched: [], resamples: 300, seed: trial }).views[0];
      if (seeds === 3 && alone)
        counts.add("macro-F1 over training seeds, from one", "patients only", truth, alone.macro.f1);
    }
  }
}

/** How often a test calls two equal readers different at the level 0.05. */
function simulateTests(trials: number) {
  const alpha = 0.05;
  const errors = new Map<string, { called: number; asked: number }>();
  const ask = (test: string, called: boolean): void => {
    const row = errors.get(test) ?? { called: 0, asked: 0 };
    errors.set(test, { called: row.called + (called ? 1 : 0), asked: row.asked + 1 });
  };
  const [one, two] = [readerOf("one"), readerOf("two")];
  for (let trial = 0; trial < trials; trial++) {
    progress("tests", trial, trials);
    const sets = drawReadings(randomStream(SEED, "errors of tests", trial), [one, two]);
    const [own, other] = sets.map((set) => prepare(set, [], []));
    if (own === undefined || other === undefined) throw new Error("no readings");
    const tests = pairedTests(own, other, { resamples: 199, seed: trial });
    ask("permutation, macro-F1", (tests.macroF1.all ?? 1) <= alpha);
    ask("permutation, micro-F1", (tests.microF1.all ?? 1) <= alpha);
    const tested = tests.labels.filter((test) => test.outcome === "tested");
    ask(
      "permutation with Holm, any label",
      tested.some((test) => test.holm <= alpha),
    );
    for (const { label, p, positives, negatives } of tested) {
      ask("permutation, F1 of a label", p <= alpha);
      ask(`McNemar, ${groupOf(label)} positives`, positives.p <= alpha);
      if (positives.midP !== null) ask(`McNemar mid-p, ${groupOf(label)} positives`, positives.midP <= alpha);
      ask("McNemar, negatives", negatives.p <= alpha);
    }
  }
  return [...errors].map(([test, { called, asked }]) => {
    const rate = called / asked;
    return { test, asked, rate, standardError: Math.sqrt((rate * (1 - rate)) / asked) };
  });
}

const started = process.cpuUsage();
simulateReaders();
simulateScores(counts, groupOf, {
  trials: Math.round(TRIALS / 2),
  resamples: RESAMPLES,
  seed: SEED,
  progress,
});
simulateSeeds(Math.round(TRIALS / 4));
const tests = simulateTests(Math.round(TRIALS / 2));
const { user, system } = process.cpuUsage(started);
const rows = counts.rows();
await writeJsonAtomic(path.join(PACKAGE_ROOT, "bench/results/interval-coverage.json"), {
  schema: "chexreason.interval-coverage/1",
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  processorSeconds: Math.round((user + system) / 1e6),
  patients: PATIENTS,
  level: LEVEL,
  trials: TRIALS,
  resamples: RESAMPLES,
  coverage: rows,
  tests,
});
for (const { of, method, coverage, standardError, meanWidth, undefined: none } of rows) {
  const [percent, error] = [coverage, standardError].map((share) => (100 * share).toFixed(1));
  console.log(`| ${of} | ${method} | ${percent} % (${error}) | ${meanWidth.toFixed(3)} | ${none || ""} |`);
}
for (const { test, rate, standardError } of tests)
  console.log(`| ${test} | ${(100 * rate).toFixed(1)} % (${(100 * standardError).toFixed(1)}) |`);
