import { UserError } from "../../util/user-error.ts";
import { LEVEL } from "../estimate-tree.ts";
import type { ReadingSet } from "../reading.ts";
import type { TransferHospital } from "./hospital-role.ts";
import { pairLabels } from "./matched-labels.ts";
import { type MeasuredModel, measureReadings } from "./measure-readings.ts";
import { byMeasure, type Measure, type MeasuredLabels } from "./measures.ts";
import { combine, estimateOf, type Runs } from "./quantity.ts";
import type { Change, MatrixRow, TransferPair } from "./transfer.ts";

/** Every model at one hospital, one measurement a run. */
export type MeasuredSide = ReadonlyMap<string, readonly MeasuredModel[]>;

/** A home and an away hospital, measured over the labels that both state. */
export interface MeasuredPair {
  readonly home: MeasuredSide;
  readonly away: MeasuredSide;
  readonly matrix: TransferPair;
}

/**
 * Measures every model at home and away.
 * @param models the rows, in order
 * @param runs each run's reading sets, of every model on both hospitals
 */
export function measurePair(
  home: TransferHospital,
  away: TransferHospital,
  models: readonly string[],
  runs: readonly (readonly ReadingSet[])[],
  options: { readonly resamples: number; readonly seed: number },
): MeasuredPair {
  const at = (readings: readonly ReadingSet[], { name }: TransferHospital): ReadingSet[] =>
    models.map((model) => {
      const set = readings.find((candidate) => candidate.model === model && candidate.data === name);
      if (set === undefined) throw new Error(`measurePair: no readings of ${model} on ${name}`);
      return set;
    });
  const first = (hospital: TransferHospital): ReadingSet[] =>
    runs.flatMap((readings) => at(readings, hospital).slice(0, 1));
  const labels = pairLabels(first(home), first(away));
  if (labels.home.matched.length === 0)
    throw new UserError(`${home.name} and ${away.name} state no label in common: nothing can be compared`);
  const side = (hospital: TransferHospital, of: MeasuredLabels): MeasuredSide => {
    const measured = runs.map((readings) => measureReadings(at(readings, hospital), of, options));
    return new Map(models.map((model) => [model, measured.flatMap((run) => run.get(model) ?? [])]));
  };
  const sides = { home: side(home, labels.home), away: side(away, labels.away) };
  const { matched, frequent, prevalences } = labels.home;
  return {
    ...sides,
    matrix: {
      home: home.name,
      away: away.name,
      labels: { home: labels.home.all, away: labels.away.all, matched, frequent, prevalences },
      rows: matrixRows(models, sides),
    },
  };
}

/** One run of several alone, by its position. */
export function runOfPair({ home, away, matrix }: MeasuredPair, run: number): MeasuredPair {
  const only = (side: MeasuredSide): MeasuredSide =>
    new Map([...side].map(([model, runs]) => [model, runs.slice(run, run + 1)]));
  const sides = { home: only(home), away: only(away) };
  return { ...sides, matrix: { ...matrix, rows: matrixRows([...home.keys()], sides) } };
}

function matrixRows(models: readonly string[], sides: Pick<MeasuredPair, "home" | "away">): MatrixRow[] {
  return models.map((model) => matrixRow(model, sides.home.get(model) ?? [], sides.away.get(model) ?? []));
}

function matrixRow(model: string, home: readonly MeasuredModel[], away: readonly MeasuredModel[]): MatrixRow {
  const estimates = (runs: readonly MeasuredModel[]) =>
    byMeasure((measure) => estimateOf(quantities(runs, measure), LEVEL));
  const labelSet = home.map(({ measures }) =>
    combine([measures.matched, measures.all], (matched = 0, all = 0) => matched - all),
  );
  return {
    model,
    home: estimates(home),
    away: estimates(away),
    drop: byMeasure((measure) => changeOf(quantities(home, measure), quantities(away, measure))),
    labelSetEffect: estimateOf(labelSet, LEVEL),
  };
}

/** A measure of a model, one quantity a run. */
export function quantities(runs: readonly MeasuredModel[], measure: Measure): Runs {
  return runs.map(({ measures }) => measures[measure]);
}

/** after - before, run by run and draw by draw. */
export function differenceOf(before: Runs, after: Runs): Runs {
  return pairRuns(before, after, (from = 0, to = 0) => to - from);
}

/** The change from one to the other at the plain level. */
export function changeOf(before: Runs, after: Runs): Change {
  const relative = pairRuns(before, after, (from = 0, to = 0) => (from === 0 ? Number.NaN : to / from - 1));
  return {
    absolute: estimateOf(differenceOf(before, after), LEVEL),
    relative: estimateOf(relative, LEVEL),
  };
}

function pairRuns(before: Runs, after: Runs, of: (...values: number[]) => number): Runs {
  return before.flatMap((from, run) => {
    const to = after[run];
    return to === undefined ? [] : [combine([from, to], of)];
  });
}
