import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { PACKAGE_ROOT } from "../src/engine/package-root.ts";
import { holmIntervals } from "../src/evaluation/transfer/holm-intervals.ts";
import { judgeTransfer } from "../src/evaluation/transfer/judge-transfer.ts";
import {
  type Bounds,
  INTERVAL_ALPHA,
  isContradicted,
  isDirectional,
  VERDICTS,
  type Verdict,
  verdictOf,
} from "../src/evaluation/transfer/verdict.ts";
import { writeJsonAtomic } from "../src/util/files.ts";
import { randomStream } from "../src/util/random.ts";
import {
  bootstrapBounds,
  type Draws,
  type LevelBounds,
  makeDraws,
  normalBounds,
  standardErrors,
} from "./verdict-power/paired-intervals.ts";
import { drawSample, FIRST, MATCHED, macroF1, modelApart, type Side } from "./verdict-power/population.ts";
import { asReadingSets } from "./verdict-power/reading-sets.ts";

/**
 * Is the verdict any good? Simulated test sets with known differences at home and away: how often a verdict contradicts
 * them (false alarm, also under Holm), and how often it is the right one (power), by number of patients.
 *
 *     nice -n 19 npx tsx bench/verdict-power.ts        # bench/results/verdict-power.json
 */
const { values: args } = parseArgs({
  options: { samples: { type: "string", default: "4000" }, out: { type: "string" } },
});
const SAMPLES = Number(args.samples);
const SEED = 11;
const DELTA = 0.02;
/** What a single verdict is read at, and the level that one might take instead. */
const LEVEL = 1 - INTERVAL_ALPHA;
const PLAIN = 0.95;
const LEVELS = [LEVEL, PLAIN];
/** Luck that two checkpoints share. */
const SHARED = 0.7;
/** True differences of macro-F1. */
const DIFFERENCES = { home: [-0.04, -0.02, 0, 0.02, 0.04, 0.08], away: [-0.04, -0.02, 0, 0.02, 0.04] };
const BOOTSTRAP = { draws: 499, sizes: [125, 250, 500, 1000] };
/** Beyond: differences drawn from a normal distribution, with the standard error at the last size scaled by the root. */
const LIMIT_SIZES = [1000, 2000, 4000, 8000, 16_000];
const FAMILY = { n: 500, draws: 499 };

/** bootstrap, and normal (the delta method) on the same samples; limit: no samples, normal differences. */
type Method = "bootstrap" | "normal" | "limit";
type SideBank = ReturnType<typeof summed>;
type Banks = ReadonlyMap<string, SideBank>;

const begun = performance.now();
const cells: ReturnType<typeof cellsOf> = [];
const hospitals: ReturnType<typeof hospitalsOf> = [];
const errors = new Map<string, number>();
for (const n of BOOTSTRAP.sizes) {
  const draws = patientDraws(n, BOOTSTRAP.draws);
  const both = eachBank((side, difference) => sampledBank(side, difference, n, draws));
  for (const method of ["bootstrap", "normal"] as const) {
    const banks = mapBanks(both, (bank) => bank[method]);
    cells.push(...cellsOf(method, n, banks));
    hospitals.push(...hospitalsOf(method, n, banks));
  }
  for (const [name, { normal }] of both) errors.set(name, normal.error * Math.sqrt(n));
  console.error(`${n} patients: ${Math.round((performance.now() - begun) / 1000)} s`);
}
for (const n of LIMIT_SIZES)
  cells.push(
    ...cellsOf(
      "limit",
      n,
      eachBank((side, difference) => limitBank(side, difference, n)),
    ),
  );
const families = [1, 2].flatMap((away) => familyCells(away));
const result = {
  schema: "chexreason.verdict-power/1",
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  seconds: Math.round((performance.now() - begun) / 1000),
  settings: {
    samples: SAMPLES,
    seed: SEED,
    delta: DELTA,
    level: LEVEL,
    plainLevel: PLAIN,
    shared: SHARED,
    bootstrap: BOOTSTRAP,
    family: FAMILY,
  },
  /** Standard deviation of an observed rate of 5 %. */
  simulationError: Math.sqrt((0.05 * 0.95) / SAMPLES),
  population: { labels: MATCHED, home: macroF1(FIRST, "home"), away: macroF1(FIRST, "away") },
  check: checkAgainstInstrument(),
  worst: [
    ...(["bootstrap", "normal"] as const).flatMap((method) => BOOTSTRAP.sizes.map((n) => worstOf(method, n))),
    ...LIMIT_SIZES.map((n) => worstOf("limit", n)),
  ],
  hospitals,
  cells,
  families,
};
await writeJsonAtomic(args.out ?? path.join(PACKAGE_ROOT, "bench/results/verdict-power.json"), result);
console.log(JSON.stringify({ ...result, hospitals: undefined, cells: undefined }, null, 1));

function eachBank<T>(of: (side: Side, difference: number) => T): Map<string, T> {
  return new Map(
    (["home", "away"] as const).flatMap((side) =>
      DIFFERENCES[side].map((difference) => [`${side} ${difference}`, of(side, difference)] as const),
    ),
  );
}

function mapBanks<T>(banks: ReadonlyMap<string, T>, of: (bank: T) => SideBank): Banks {
  return new Map([...banks].map(([name, bank]) => [name, of(bank)]));
}

/** How the intervals at 95 % do, one hospital at a time. */
function hospitalsOf(method: Method, n: number, banks: Banks) {
  return [...banks].map(([hospital, { error, missed }]) => ({ method, n, hospital, error, missed }));
}

/** Every pair of true differences at one size. The samples of the two hospitals are independent. */
function cellsOf(method: Method, n: number, banks: Banks) {
  return DIFFERENCES.home.flatMap((home) =>
    DIFFERENCES.away.map((away) => {
      const [here, there] = [banks.get(`home ${home}`), banks.get(`away ${away}`)];
      if (here === undefined || there === undefined) throw new Error("no bank");
      const verdicts = here.bounds.map((bounds, i) => verdictOf(bounds, there.bounds[i] as Bounds, DELTA));
      const right = rightVerdict(home, away);
      return {
        method,
        n,
        home,
        away,
        rates: Object.fromEntries(
          VERDICTS.map((verdict) => [verdict, share(verdicts, (v) => v === verdict)]),
        ),
        falseAlarm: share(verdicts, (v) => isFalse(v, { home, away })),
        falseAlarmAtPlainLevel: share(here.plain, (bounds, i) =>
          isFalse(verdictOf(bounds, there.plain[i] as Bounds, DELTA), { home, away }),
        ),
        falseUnchanged: share(verdicts, (v) => v === "unchanged" && isContradicted(v, { home, away }, DELTA)),
        right,
        power: right === null ? null : share(verdicts, (v) => v === right),
      };
    }),
  );
}

/** The intervals of each sample at one hospital, by both methods. */
function sampledBank(side: Side, difference: number, n: number, draws: Draws) {
  const models = [FIRST, modelApart(FIRST, side, difference)];
  const random = randomStream(SEED, "verdict power", side, difference, n);
  const bounds = { bootstrap: [] as LevelBounds[], normal: [] as LevelBounds[] };
  let error = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const sample = drawSample(models, side, n, SHARED, random);
    const [drawn] = bootstrapBounds(sample, draws, LEVELS);
    const [own] = standardErrors(sample);
    if (drawn === undefined || own === undefined) throw new Error("no interval");
    bounds.bootstrap.push(drawn);
    bounds.normal.push(LEVELS.map((level) => normalBounds(own, level)));
    error += own.error / SAMPLES;
  }
  return {
    bootstrap: summed(bounds.bootstrap, difference, error),
    normal: summed(bounds.normal, difference, error),
  };
}

/** Normal differences about the true one. */
function limitBank(side: Side, difference: number, n: number): SideBank {
  const error = (errors.get(`${side} ${difference}`) ?? Number.NaN) / Math.sqrt(n);
  const random = randomStream(SEED, "verdict limit", side, difference, n);
  const bounds = Array.from({ length: SAMPLES }, () => {
    const drawn = { value: random.normal(difference, error), error };
    return LEVELS.map((level) => normalBounds(drawn, level));
  });
  return summed(bounds, difference, error);
}

/** Intervals at both levels, their mean standard error, and how often those at 95 % lie above and below the truth. */
function summed(samples: readonly LevelBounds[], difference: number, error: number) {
  const at = (level: number): Bounds[] => samples.flatMap((bounds) => bounds[LEVELS.indexOf(level)] ?? []);
  const plain = at(PLAIN);
  return {
    bounds: at(LEVEL),
    plain,
    error,
    missed: {
      low: share(plain, ({ low }) => low > difference),
      high: share(plain, ({ high }) => high < difference),
    },
  };
}

function isFalse(verdict: Verdict, truth: { readonly home: number; readonly away: number }): boolean {
  return isDirectional(verdict) && isContradicted(verdict, truth, DELTA);
}

/** What should be said of two true differences; null where the rules have no word for it. */
function rightVerdict(home: number, away: number): Verdict | null {
  if (home > 0) return away <= -DELTA ? "benchmark-only" : "transfers";
  if (home < 0) return away > 0 ? "trades" : "regresses";
  if (away < 0) return "regresses";
  return away === 0 ? "unchanged" : null;
}

function worstOf(method: Method, n: number) {
  const own = cells.filter((cell) => cell.method === method && cell.n === n);
  const by = (rate: (cell: (typeof own)[number]) => number) => {
    const [top] = [...own].sort((a, b) => rate(b) - rate(a));
    return { rate: top === undefined ? 0 : rate(top), home: top?.home, away: top?.away };
  };
  return {
    method,
    n,
    anywhere: by((cell) => cell.falseAlarm),
    anywhereAtPlainLevel: by((cell) => cell.falseAlarmAtPlainLevel),
    homeUpAwayNothing: by((cell) => (cell.home > 0 && cell.away === 0 ? cell.falseAlarm : 0)),
    homeUpAwayMargin: by((cell) => (cell.home > 0 && cell.away === -DELTA ? cell.falseAlarm : 0)),
    nothing: by((cell) => (cell.home === 0 && cell.away === 0 ? cell.falseAlarm : 0)),
    unchanged: by((cell) => cell.falseUnchanged),
  };
}

/** base, SFT, GRPO at home and at `away` hospitals: how often any verdict of the family is a false alarm. */
function familyCells(away: number) {
  const draws = patientDraws(FAMILY.n, FAMILY.draws);
  const levels = [PLAIN, ...Array.from({ length: 2 * away }, (_, index) => 1 - INTERVAL_ALPHA / (index + 1))];
  const cases = [
    { home: 0, away: 0 },
    { home: 0.08, away: 0 },
    { home: 0.08, away: -DELTA },
  ];
  return cases.map((truth) => {
    const sides: Side[] = ["home", ...Array.from({ length: away }, (): Side => "away")];
    const random = sides.map((side, index) =>
      randomStream(SEED, "verdict family", side, index, truth.home, truth.away),
    );
    const models = sides.map((side) => {
      const second = modelApart(FIRST, side, truth[side]);
      return [FIRST, second, modelApart(second, side, truth[side])];
    });
    let [holmed, plain] = [0, 0];
    for (let i = 0; i < SAMPLES; i++) {
      const bounds = sides.map((side, index) =>
        bootstrapBounds(
          drawSample(models[index] ?? [], side, FAMILY.n, SHARED, random[index] ?? randomStream(0)),
          draws,
          levels,
        ),
      );
      const read = (index: number, level: number): Verdict => {
        const [step, hospital] = [index % 2, 1 + Math.floor(index / 2)];
        const at = levels.findIndex((candidate) => Math.abs(candidate - level) < 1e-9);
        const [here, there] = [bounds[0]?.[step]?.[at], bounds[hospital]?.[step]?.[at]];
        if (here === undefined || there === undefined) throw new Error(`no bounds at ${level}`);
        return verdictOf(here, there, DELTA);
      };
      const family = holmIntervals(2 * away, INTERVAL_ALPHA, read, isDirectional);
      if (family.some(({ value }) => isFalse(value, truth))) holmed += 1;
      if (family.some((_, index) => isFalse(read(index, PLAIN), truth))) plain += 1;
    }
    console.error(`family of ${2 * away}: ${Math.round((performance.now() - begun) / 1000)} s`);
    return { verdicts: 2 * away, ...truth, falseAlarm: holmed / SAMPLES, atPlainLevel: plain / SAMPLES };
  });
}

/** The bounds of the instrument itself beside the fast ones, on a few samples: the same difference, bounds that agree. */
function checkAgainstInstrument() {
  const n = 300;
  const random = randomStream(SEED, "check");
  const draws = patientDraws(n, 9999);
  const gaps = Array.from({ length: 4 }, () => {
    const models = (side: Side) => [FIRST, modelApart(FIRST, side, 0.04)];
    const samples = {
      home: drawSample(models("home"), "home", n, SHARED, random),
      away: drawSample(models("away"), "away", n, SHARED, random),
    };
    const stated = { stated: MATCHED, role: "same-schema" as const };
    const [contrast] = judgeTransfer({
      subject: "check",
      models: ["model 0", "model 1"],
      references: [],
      home: { name: "home", ...stated },
      away: [{ name: "away", ...stated }],
      runs: [
        {
          seed: 0,
          readings: [...asReadingSets(samples.home, "home"), ...asReadingSets(samples.away, "away")],
        },
      ],
      uses: [],
      choices: [],
    }).contrasts;
    return (["home", "away"] as const).map((side) => {
      const [[fast] = []] = bootstrapBounds(samples[side], draws, [LEVEL]);
      const slow = contrast?.read[side];
      if (fast === undefined || slow?.low == null || slow.high == null || slow.value === null)
        throw new Error("check: no interval");
      const value = standardErrors(samples[side])[0]?.value ?? Number.NaN;
      return {
        value: Math.abs(value - slow.value),
        bound:
          Math.max(Math.abs(fast.low - slow.low), Math.abs(fast.high - slow.high)) / (slow.high - slow.low),
      };
    });
  }).flat();
  const worst = (of: (gap: (typeof gaps)[number]) => number): number => Math.max(...gaps.map(of));
  const check = { value: worst((gap) => gap.value), boundOfWidth: worst((gap) => gap.bound) };
  if (check.value > 1e-12 || check.boundOfWidth > 0.05)
    throw new Error(`the fast intervals are not the instrument's: ${JSON.stringify(check)}`);
  return check;
}

function patientDraws(n: number, draws: number): Draws {
  return makeDraws(n, draws, randomStream(SEED, "draws", n, draws));
}

function share<T>(items: readonly T[], is: (item: T, index: number) => boolean): number {
  return items.filter(is).length / items.length;
}
