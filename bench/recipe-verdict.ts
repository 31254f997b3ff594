import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { PACKAGE_ROOT } from "../src/engine/package-root.ts";
import { judgeTransfer } from "../src/evaluation/transfer/judge-transfer.ts";
import { estimateOf, type Runs } from "../src/evaluation/transfer/quantity.ts";
import {
  type Bounds,
  INTERVAL_ALPHA,
  isContradicted,
  isDirectional,
  VERDICTS,
  verdictOf,
} from "../src/evaluation/transfer/verdict.ts";
import { writeJsonAtomic } from "../src/util/files.ts";
import { type RandomStream, randomStream } from "../src/util/random.ts";
import { type Draws, drawnMacroF1, everybody, makeDraws } from "./verdict-power/paired-intervals.ts";
import {
  drawSample,
  FIRST,
  MATCHED,
  modelApart,
  type Sample,
  type Side,
} from "./verdict-power/population.ts";
import { asReadingSets } from "./verdict-power/reading-sets.ts";

/**
 * The verdict on a recipe: several trainings of one base model, whose true differences scatter about the recipe's. How
 * often it contradicts the recipe's true differences (false alarm), how often it is right (power), and how often the
 * interval over seeds and patients holds the true one (coverage).
 *
 *     nice -n 19 npx tsx bench/recipe-verdict.ts       # bench/results/recipe-verdict.json
 */
const { values: args } = parseArgs({
  options: { samples: { type: "string", default: "2000" }, out: { type: "string" } },
});
const SAMPLES = Number(args.samples);
const SEED = 12;
const DELTA = 0.02;
const PATIENTS = 500;
const DRAWS = 299;
/** Luck that a training shares with the base model. */
const SHARED = 0.7;
const SEEDS = [5, 10];
/** Standard deviation, between trainings, of the true difference at one hospital. */
const SPREADS = [0.01, 0.03];
/** Share of a training's luck that it has at both hospitals. */
const CARRIED = 0.5;
const TRUTHS = [
  { home: 0, away: 0 },
  { home: 0.04, away: 0 },
  { home: 0.04, away: -DELTA },
  { home: 0.04, away: 0.04 },
  { home: 0.04, away: -0.04 },
  { home: 0.08, away: -0.08 },
];
type Truth = (typeof TRUTHS)[number];

const draws = makeDraws(PATIENTS, DRAWS, randomStream(SEED, "draws"));
const check = checkAgainstInstrument();
const cells = SEEDS.flatMap((seeds) =>
  SPREADS.flatMap((spread) => TRUTHS.map((truth) => cellOf(seeds, spread, truth))),
);
await writeJsonAtomic(args.out ?? path.join(PACKAGE_ROOT, "bench/results/recipe-verdict.json"), {
  schema: "chexreason.recipe-verdict/1",
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  settings: {
    samples: SAMPLES,
    seed: SEED,
    delta: DELTA,
    patients: PATIENTS,
    draws: DRAWS,
    shared: SHARED,
    carried: CARRIED,
    level: 1 - INTERVAL_ALPHA,
  },
  /** Standard deviation of an observed rate of 5 %. */
  simulationError: Math.sqrt((0.05 * 0.95) / SAMPLES),
  check,
  cells,
});

function cellOf(seeds: number, spread: number, truth: Truth) {
  const random = randomStream(SEED, "recipe verdict", seeds, spread, truth.home, truth.away);
  const verdicts: Record<string, number> = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0]));
  let falseAlarms = 0;
  const held = { home: 0, away: 0 };
  for (let i = 0; i < SAMPLES; i++) {
    const runs = drawRuns(seeds, spread, truth, random);
    const read = { home: boundsOf(runs.home), away: boundsOf(runs.away) };
    const verdict = verdictOf(read.home, read.away, DELTA);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    if (isDirectional(verdict) && isContradicted(verdict, truth, DELTA)) falseAlarms += 1;
    for (const side of ["home", "away"] as const)
      if (read[side].low <= truth[side] && truth[side] <= read[side].high) held[side] += 1;
  }
  console.error(`${seeds} seeds, spread ${spread}, ${JSON.stringify(truth)}: done`);
  return {
    seeds,
    spread,
    ...truth,
    falseAlarm: falseAlarms / SAMPLES,
    coverage: { home: held.home / SAMPLES, away: held.away / SAMPLES },
    rates: Object.fromEntries(Object.entries(verdicts).map(([verdict, count]) => [verdict, count / SAMPLES])),
  };
}

/** Each training's difference from the base model at both hospitals, as the instrument takes it. */
function drawRuns(seeds: number, spread: number, truth: Truth, random: RandomStream) {
  const samples = drawSamples(seeds, spread, truth, random);
  return { home: runsOf(samples.home, draws), away: runsOf(samples.away, draws) };
}

function drawSamples(seeds: number, spread: number, truth: Truth, random: RandomStream) {
  const shifts = Array.from({ length: seeds }, () => {
    const carried = random.normal(0, Math.sqrt(CARRIED));
    const own = () => spread * (carried + random.normal(0, Math.sqrt(1 - CARRIED)));
    return { home: own(), away: own() };
  });
  const at = (side: Side): Sample => {
    const trained = shifts.map((shift) => modelApart(FIRST, side, truth[side] + shift[side]));
    return drawSample([FIRST, ...trained], side, PATIENTS, SHARED, random, "first");
  };
  return { home: at("home"), away: at("away") };
}

function runsOf(sample: Sample, over: Draws): Runs {
  const macro = drawnMacroF1(sample, over);
  const whole = drawnMacroF1(sample, everybody(sample.n));
  const base = macro.subarray(0, over.draws);
  return Array.from({ length: sample.models - 1 }, (_, run) => ({
    value: (whole[run + 1] as number) - (whole[0] as number),
    replicates: macro
      .slice((run + 1) * over.draws, (run + 2) * over.draws)
      .map((score, draw) => score - (base[draw] as number)),
  }));
}

function boundsOf(runs: Runs): Bounds {
  const { low, high } = estimateOf(runs, 1 - INTERVAL_ALPHA);
  if (low === null || high === null) throw new Error("a difference has no interval");
  return { low, high };
}

/** The bounds of the instrument itself beside these, on a few samples: the same difference, bounds that agree. */
function checkAgainstInstrument() {
  const random = randomStream(SEED, "check");
  const many = makeDraws(PATIENTS, 9999, random);
  const gaps = Array.from({ length: 2 }, () => {
    const samples = drawSamples(5, 0.03, { home: 0.04, away: 0 }, random);
    const sets = { home: asReadingSets(samples.home, "home"), away: asReadingSets(samples.away, "away") };
    const stated = { stated: MATCHED, role: "same-schema" as const };
    // The base model, and each training under the one name that the recipe's model has.
    const runs = Array.from({ length: 5 }, (_, seed) => ({
      seed,
      readings: [sets.home, sets.away].flatMap((own) =>
        [own[0], own[seed + 1]].flatMap((set, model) => (set ? [{ ...set, model: `model ${model}` }] : [])),
      ),
    }));
    const [contrast] = judgeTransfer({
      subject: "check",
      models: ["model 0", "model 1"],
      references: [],
      home: { name: "home", ...stated },
      away: [{ name: "away", ...stated }],
      runs,
      uses: [],
      choices: [],
    }).contrasts;
    return (["home", "away"] as const).map((side) => {
      const fast = estimateOf(runsOf(samples[side], many), 1 - INTERVAL_ALPHA);
      const slow = contrast?.read[side];
      if (fast.value === null || fast.low === null || fast.high === null)
        throw new Error("check: no interval");
      if (slow?.value == null || slow.low === null || slow.high === null)
        throw new Error("check: no interval");
      return {
        value: Math.abs(fast.value - slow.value),
        bound:
          Math.max(Math.abs(fast.low - slow.low), Math.abs(fast.high - slow.high)) / (slow.high - slow.low),
      };
    });
  }).flat();
  const check = {
    value: Math.max(...gaps.map(({ value }) => value)),
    boundOfWidth: Math.max(...gaps.map(({ bound }) => bound)),
  };
  if (check.value > 1e-12 || check.boundOfWidth > 0.05)
    throw new Error(`the intervals are not the instrument's: ${JSON.stringify(check)}`);
  return check;
}
