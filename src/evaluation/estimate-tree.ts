import { type Bounds, bcaInterval } from "./bca-interval.ts";
import { bootstrapP, type Estimate, percentileInterval } from "./interval.ts";
import { jackknife } from "./jackknife.ts";
import { labelSheet, refresh } from "./label-sheet.ts";
import type { Prepared } from "./prepare.ts";
import { resample } from "./resample.ts";
import { type ScoreTree, type Statistic, scoreTree } from "./statistics.ts";
import { totals } from "./tally.ts";

/** Resamples of an interval: between seeds a bound of macro-F1 from 518 images then moves by about 0.001. */
export const RESAMPLES = 10_000;

/** What each interval claims to cover. */
export const LEVEL = 0.95;

export interface ResamplingOptions {
  readonly resamples?: number;
  readonly seed?: number;
  readonly level?: number;
}

export interface EstimateOptions extends ResamplingOptions {
  /** Also a BCa interval and, of a difference, the paired bootstrap's p. Default false. */
  readonly full?: boolean;
}

/** An estimate with what `full` adds. */
export interface FullEstimate extends Estimate {
  readonly bca?: Bounds;
  /** Two-sided, of the difference being 0, from the paired bootstrap. */
  readonly bootstrapP?: number | null;
}

/**
 * Every score with its interval; with a baseline, every score minus the baseline's on the same draws of patients.
 * Both sides must be of the same images; `reasons` must be those of `of`, or empty.
 */
export function estimateTree(
  of: Prepared,
  baseline: Prepared | null,
  reasons: readonly string[],
  options: EstimateOptions,
): ScoreTree<FullEstimate> {
  const { resamples = RESAMPLES, seed = 0, level = LEVEL, full = false } = options;
  const sides = baseline === null ? [of] : [of, baseline];
  const tallies = sides.map((side) => side.tally);
  const scorers = sides.map((side) => scorerOf(side, reasons));
  const points = scorers.map(({ leaves }) => new Float64Array(leaves));
  const leaves = scorers[0]?.leaves ?? 0;
  /** Every score, or difference, of these sums into one column of `into`. */
  const score = (sums: readonly Float64Array[], into: readonly Float64Array[], column: number): void => {
    scorers.forEach((scorer, side) => {
      scorer.score(sums[side] as Float64Array, points[side] as Float64Array);
    });
    const [own, other] = points as [Float64Array, Float64Array?];
    for (let leaf = 0; leaf < leaves; leaf++) {
      const minus = other === undefined ? 0 : (other[leaf] as number);
      (into[leaf] as Float64Array)[column] = (own[leaf] as number) - minus;
    }
  };
  const table = (columns: number) => Array.from({ length: leaves }, () => new Float64Array(columns));

  const replicates = table(resamples);
  resample(tallies, { resamples, seed }, (sums, draw) => score(sums, replicates, draw));
  const values = table(1);
  score(tallies.map(totals), values, 0);
  const without = table(full ? of.tally.patients : 0);
  if (full) jackknife(tallies, (sums, patient) => score(sums, without, patient));

  let next = 0;
  return scoreTree(of.tally.layout, of.masks, reasons, () => {
    const leaf = next++;
    const value = (values[leaf] as Float64Array)[0] as number;
    const drawn = replicates[leaf] as Float64Array;
    const estimate = percentileInterval(value, drawn, level);
    if (!full) return estimate;
    return {
      ...estimate,
      bca: bcaInterval(value, drawn, without[leaf] as Float64Array, level),
      ...(baseline === null ? {} : { bootstrapP: bootstrapP(value, drawn) }),
    };
  });
}

/** Works out every score of a side, in the tree's order. */
export interface Scorer {
  readonly leaves: number;
  score(sums: Float64Array, into: Float64Array): void;
}

export function scorerOf({ tally: { layout }, masks }: Prepared, reasons: readonly string[]): Scorer {
  const statistics: Statistic[] = [];
  scoreTree(layout, masks, reasons, (statistic) => statistics.push(statistic));
  const sheet = labelSheet(layout);
  return {
    leaves: statistics.length,
    score(sums, into) {
      refresh(sheet, layout, sums);
      for (let leaf = 0; leaf < statistics.length; leaf++) {
        into[leaf] = (statistics[leaf] as Statistic)(sheet);
      }
    },
  };
}
