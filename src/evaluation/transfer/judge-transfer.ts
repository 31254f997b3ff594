import type { Label } from "../../labels/label.ts";
import { UserError } from "../../util/user-error.ts";
import { checkSameImages } from "../compare.ts";
import { LEVEL, RESAMPLES } from "../estimate-tree.ts";
import type { Estimate } from "../interval.ts";
import type { ReadingSet } from "../reading.ts";
import { contributions, type LabelContribution } from "./contributions.ts";
import { holmIntervals } from "./holm-intervals.ts";
import type { TransferHospital } from "./hospital-role.ts";
import {
  changeOf,
  differenceOf,
  type MeasuredPair,
  type MeasuredSide,
  measurePair,
  quantities,
  runOfPair,
} from "./measure-pair.ts";
import type { MeasuredModel } from "./measure-readings.ts";
import { byMeasure, type Measure, VERDICT_MEASURE } from "./measures.ts";
import { type Choice, type PatientUse, refuseUsedPatients } from "./patient-use.ts";
import { estimateOf } from "./quantity.ts";
import { type SizedDifference, settlingFactor } from "./settling-size.ts";
import type {
  ElsewhereContrast,
  Inconclusive,
  RecipeTransfer,
  Transfer,
  TransferContrast,
} from "./transfer.ts";
import { INTERVAL_ALPHA, isDirectional, type Verdict, verdictOf } from "./verdict.ts";

/** Below this many seeds nothing is said of a recipe. */
export const RECIPE_SEEDS = 5;
/** The margin where none is declared: a fiftieth of macro-F1. */
export const DEFAULT_DELTA = 0.02;
/** Draws beyond a bound, at the highest level that Holm may ask for. */
const TAIL_DRAWS = 5;

/** One training of the recipe, read everywhere. */
export interface TransferRun {
  readonly seed: number;
  /** Every model and reference on every hospital. */
  readonly readings: readonly ReadingSet[];
}

export interface TransferInput {
  readonly subject: string;
  /** The models in the order they were made; each is held against the one before it. */
  readonly models: readonly string[];
  /** Readers shown in the matrix and held against nothing. */
  readonly references: readonly string[];
  /** Those of the references that are models from elsewhere: the last model is held against each, without a verdict. */
  readonly elsewhere?: readonly string[] | undefined;
  readonly home: TransferHospital;
  readonly away: readonly TransferHospital[];
  /** One: the verdict is on its checkpoints. Several: on the recipe. */
  readonly runs: readonly TransferRun[];
  /** The margin that the study declares, before the readings were looked at. */
  readonly declared?: number | undefined;
  /** Another margin in its place; the answer says that it was not the declared one. */
  readonly delta?: number | undefined;
  readonly uses: readonly PatientUse[];
  readonly choices: readonly Choice[];
  readonly resamples?: number | undefined;
  readonly seed?: number | undefined;
}

/** One verdict to be reached. */
interface Step {
  readonly pair: MeasuredPair;
  readonly from: string;
  readonly to: string;
}

interface StepReading {
  readonly verdict: Verdict;
  readonly home: Estimate;
  readonly away: Estimate;
}

/**
 * Judges whether what each step gained at home is there away. All verdicts (steps times away hospitals) are one family
 * under Holm. Throws UserError where a judged patient was used before, or two models read different images.
 */
export function judgeTransfer(input: TransferInput): Transfer {
  return judgePairs(input, measurePairs(input));
}

/** The same of a recipe, with the verdict on the checkpoints of each of its runs beside it; one run is all there is. */
export function judgeRecipe(input: TransferInput): RecipeTransfer {
  const pairs = measurePairs(input);
  const alone = input.runs.length < 2 ? [] : input.runs;
  return {
    ...judgePairs(input, pairs),
    trainings: alone.map((run, index) => ({
      seed: run.seed,
      transfer: judgePairs(
        { ...input, subject: `${input.subject}, seed ${run.seed}`, runs: [run] },
        pairs.map((pair) => runOfPair(pair, index)),
      ),
    })),
  };
}

function measurePairs(input: TransferInput): MeasuredPair[] {
  const { runs, delta = input.declared ?? DEFAULT_DELTA, resamples = RESAMPLES, seed = 0 } = input;
  checkInput(input, delta, resamples);
  const rows = [...input.models, ...input.references];
  const readings = runs.map((run) => run.readings);
  return input.away.map((away) => measurePair(input.home, away, rows, readings, { resamples, seed }));
}

function judgePairs(input: TransferInput, pairs: readonly MeasuredPair[]): Transfer {
  const { runs, delta = input.declared ?? DEFAULT_DELTA, resamples = RESAMPLES, seed = 0 } = input;
  const hospitals = [input.home, ...input.away];
  const steps = stepsOf(input.models, pairs);
  const tooFewSeeds = runs.length > 1 && runs.length < RECIPE_SEEDS;
  const read = holmIntervals(
    steps.length,
    INTERVAL_ALPHA,
    (index, level): StepReading => {
      const step = steps[index];
      if (step === undefined) throw new Error("judgeTransfer: a verdict on no step");
      const home = estimateOf(stepDifference(step.pair.home, step), level);
      const away = estimateOf(stepDifference(step.pair.away, step), level);
      return {
        home,
        away,
        verdict: tooFewSeeds ? "inconclusive" : verdictOf(sized(home), sized(away), delta),
      };
    },
    ({ verdict }) => isDirectional(verdict),
  );
  const isOneRun = runs.length === 1;
  return {
    schema: "chexreason.transfer/1",
    subject: input.subject,
    scope: isOneRun ? { kind: "two checkpoints" } : { kind: "recipe", seeds: runs.map((run) => run.seed) },
    measure: VERDICT_MEASURE,
    delta,
    declaredDelta: input.declared ?? null,
    interval: {
      method: isOneRun ? "percentile bootstrap over patients" : "t over seeds, with patients",
      level: LEVEL,
      resamples,
      seed,
    },
    hospitals: hospitals.map(({ name, role, stated }) => {
      const own = runs[0]?.readings.find(({ data }) => data === name)?.readings ?? [];
      const patients = new Set(own.map(({ patient }) => patient)).size;
      return { name, role, images: own.length, patients, labels: stated };
    }),
    pairs: pairs.map(({ matrix }) => matrix),
    contrasts: steps.flatMap((step, index) => {
      const reading = read[index];
      if (reading === undefined) return [];
      const { value, level } = reading;
      const open = value.verdict === "inconclusive";
      const why: Inconclusive | null = !open
        ? null
        : tooFewSeeds
          ? { kind: "too few seeds", seeds: runs.length, needed: RECIPE_SEEDS }
          : isOneRun
            ? { kind: "too wide", patients: settlingPatients(step, value, delta, level) }
            : { kind: "too wide over seeds", seeds: runs.length };
      return [contrastOf(step, value, level, why)];
    }),
    elsewhere: elsewhereContrasts(input, pairs),
    lineage: input.models,
    choices: input.choices,
    notes: [],
  };
}

function stepsOf(models: readonly string[], pairs: readonly MeasuredPair[]): Step[] {
  return pairs.flatMap((pair) =>
    models.slice(1).map((to, index) => ({ pair, from: models[index] ?? to, to })),
  );
}

/** Throws UserError unless the margin is one. */
export function checkMargin(delta: number): void {
  if (!(delta > 0)) throw new UserError(`--delta ${delta}: give a margin above 0`, 2);
}

/** Draws of patients that so many verdicts need. */
export function leastDraws(verdicts: number): number {
  return Math.ceil((2 * verdicts * TAIL_DRAWS) / INTERVAL_ALPHA - 1e-9);
}

function checkInput(input: TransferInput, delta: number, draws: number): void {
  const { runs, uses, models, references, away } = input;
  checkMargin(delta);
  const most = Math.max(1, (models.length - 1) * away.length);
  const needed = leastDraws(most);
  if (draws < needed)
    throw new UserError(
      `${draws} draws of patients are too few for ${most} verdicts: take ${needed} or more`,
      2,
    );
  const judged = [...models, ...references];
  for (const { readings } of runs) {
    for (const hospital of new Set(readings.map(({ data }) => data))) {
      const [first, ...others] = readings.filter(
        ({ data, model }) => data === hospital && judged.includes(model),
      );
      if (first === undefined) continue;
      for (const other of others) checkSameImages(other, first);
      const patients = first.readings.map(({ patient }) => patient);
      refuseUsedPatients(hospital, patients, uses);
    }
  }
}

const runsOf = (side: MeasuredSide, model: string): readonly MeasuredModel[] => side.get(model) ?? [];

function stepDifference(side: MeasuredSide, { from, to }: Step) {
  return differenceOf(
    quantities(runsOf(side, from), VERDICT_MEASURE),
    quantities(runsOf(side, to), VERDICT_MEASURE),
  );
}

function changesOf({ pair, from, to }: Step): TransferContrast["changes"] {
  const change = (side: MeasuredSide, measure: Measure) =>
    changeOf(quantities(runsOf(side, from), measure), quantities(runsOf(side, to), measure));
  return byMeasure((measure) => ({ home: change(pair.home, measure), away: change(pair.away, measure) }));
}

function elsewhereContrasts(
  { models, elsewhere = [] }: TransferInput,
  pairs: readonly MeasuredPair[],
): ElsewhereContrast[] {
  const to = models.at(-1);
  if (to === undefined) return [];
  return pairs.flatMap((pair) =>
    elsewhere.map((from) => {
      const { home, away } = pair.matrix;
      return { from, to, home, away, changes: changesOf({ pair, from, to }) };
    }),
  );
}

function contrastOf(
  { pair, from, to }: Step,
  { verdict, home, away }: StepReading,
  level: number,
  inconclusive: Inconclusive | null,
): TransferContrast {
  const parts = (side: MeasuredSide, labels: readonly Label[]): LabelContribution[] =>
    contributions(
      labels.map((label) => ({
        label,
        from: labelF1(runsOf(side, from), label),
        to: labelF1(runsOf(side, to), label),
      })),
    );
  const { matrix } = pair;
  return {
    from,
    to,
    home: matrix.home,
    away: matrix.away,
    verdict,
    inconclusive,
    read: { level, home, away },
    changes: changesOf({ pair, from, to }),
    contributions: {
      homeAll: parts(pair.home, matrix.labels.home),
      homeMatched: parts(pair.home, matrix.labels.matched),
      awayMatched: parts(pair.away, matrix.labels.matched),
    },
  };
}

/** Mean over runs. */
function labelF1(runs: readonly MeasuredModel[], label: Label): number {
  return runs.reduce((sum, { labels }) => sum + (labels.get(label) ?? 0), 0) / runs.length;
}

function settlingPatients(
  { pair, to }: Step,
  { home, away }: StepReading,
  delta: number,
  level: number,
): { home: number; away: number } | null {
  const factor = settlingFactor(sized(home), sized(away), delta, level);
  if (factor === null) return null;
  const grown = (side: MeasuredSide): number => Math.ceil(factor * (runsOf(side, to)[0]?.patients ?? 0));
  return { home: grown(pair.home), away: grown(pair.away) };
}

/** A matched macro-F1 is defined wherever a label is matched, which `measurePair` has seen to. */
function sized({ value, low, high }: Estimate): SizedDifference {
  if (value === null || low === null || high === null) throw new Error("judgeTransfer: no interval");
  return { value, low, high };
}
