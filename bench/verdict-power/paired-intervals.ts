import { normalQuantile } from "../../src/evaluation/distributions/normal.ts";
import type { Bounds } from "../../src/evaluation/transfer/verdict.ts";
import type { RandomStream } from "../../src/util/random.ts";
import type { Sample } from "./population.ts";

/**
 * Intervals of the differences of macro-F1 between neighbouring models of a sample, fast: what
 * `src/evaluation/transfer` works out at leisure, for some hundred thousand samples. Held to it by verdict-power.ts.
 */

/** Bits of a double that hold an integer exactly. */
const EXACT_BITS = 53;

/**
 * How often each patient is drawn in each bootstrap draw, the same for every sample of a size; several draws share a
 * double, each in a field wide enough for all n, so that one addition serves them all.
 */
export interface Draws {
  readonly n: number;
  readonly draws: number;
  readonly fields: number;
  readonly base: number;
  /** Doubles of a patient. */
  readonly width: number;
  /** (n x width) */
  readonly weights: Float64Array;
}

/** Draws n of n patients with replacement, so many times. */
export function makeDraws(n: number, draws: number, random: RandomStream): Draws {
  const bits = Math.ceil(Math.log2(n + 1));
  const base = 2 ** bits;
  const fields = Math.floor(EXACT_BITS / bits);
  const width = Math.ceil(draws / fields);
  const weights = new Float64Array(n * width);
  for (let draw = 0; draw < draws; draw++) {
    const [cell, one] = [Math.floor(draw / fields), base ** (draw % fields)];
    for (let i = 0; i < n; i++) {
      const at = random.integer(n) * width + cell;
      weights[at] = (weights[at] as number) + one;
    }
  }
  return { n, draws, fields, base, width, weights };
}

/** One draw that has each patient once: the sample as it is. */
export function everybody(n: number): Draws {
  return {
    n,
    draws: 1,
    fields: 1,
    base: 2 ** Math.ceil(Math.log2(n + 1)),
    width: 1,
    weights: new Float64Array(n).fill(1),
  };
}

/** The bounds of one difference, by level. */
export type LevelBounds = readonly Bounds[];

/** Macro-F1 of each model in each draw of patients. (models x draws) */
export function drawnMacroF1({ n, models, hits, errors }: Sample, draws: Draws): Float64Array {
  const own = hits.length / n;
  const labels = own / models;
  const drawnHits = summedDraws(hits, own, draws);
  const drawnErrors = summedDraws(errors, own, draws);
  const macro = new Float64Array(models * draws.draws);
  for (let c = 0; c < own; c++) {
    const model = Math.floor(c / labels) * draws.draws;
    for (let draw = 0, at = c * draws.draws; draw < draws.draws; draw++, at++) {
      const hit = 2 * (drawnHits[at] as number);
      const whole = hit + (drawnErrors[at] as number);
      if (whole > 0) macro[model + draw] = (macro[model + draw] as number) + hit / whole / labels;
    }
  }
  return macro;
}

/**
 * Percentile bootstrap. The quantile is that of Hyndman and Fan's type 6, whose expected tail is right for few draws as
 * well; with the 10,000 draws of the real thing it is type 7 to the third digit.
 * @returns (differences x levels)
 */
export function bootstrapBounds(sample: Sample, draws: Draws, levels: readonly number[]): LevelBounds[] {
  const { models } = sample;
  const macro = drawnMacroF1(sample, draws);
  return Array.from({ length: models - 1 }, (_, index) => {
    const [before, after] = [index * draws.draws, (index + 1) * draws.draws];
    const sorted = Float64Array.from(
      { length: draws.draws },
      (_, draw) => (macro[after + draw] as number) - (macro[before + draw] as number),
    ).sort();
    return levels.map((level) => {
      const tail = (1 - level) / 2;
      return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
    });
  });
}

/** The marks of each column, summed over each draw. (columns x draws) */
function summedDraws(marks: Uint8Array, columns: number, draws: Draws): Uint16Array {
  const { n, width, weights, fields, base } = draws;
  const packed = new Float64Array(columns * width);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < columns; c++) {
      if (marks[i * columns + c] === 0) continue;
      for (let to = c * width, from = i * width, end = to + width; to < end; to++, from++)
        packed[to] = (packed[to] as number) + (weights[from] as number);
    }
  }
  const sums = new Uint16Array(columns * draws.draws);
  for (let c = 0; c < columns; c++) {
    for (let cell = 0, draw = 0; cell < width; cell++) {
      let rest = packed[c * width + cell] as number;
      for (let f = 0; f < fields && draw < draws.draws; f++, draw++) {
        const above = Math.floor(rest / base);
        sums[c * draws.draws + draw] = rest - above * base;
        rest = above;
      }
    }
  }
  return sums;
}

/** The interval of a normal difference. */
export function normalBounds({ value, error }: { value: number; error: number }, level: number): Bounds {
  const half = normalQuantile(1 - (1 - level) / 2) * error;
  return { low: value - half, high: value + half };
}

/**
 * Each difference with its standard error by the delta method.
 * With T hits and E errors of a label, F = 2T / (2T + E); a patient with t hits and e errors has the influence
 * (2t - F (2t + e)) / (2T + E) on it. The variance of a mean over labels is the sum of the squared influences.
 */
export function standardErrors({ n, models, hits, errors }: Sample): { value: number; error: number }[] {
  const labels = hits.length / (n * models);
  const width = models * labels;
  const sumHits = new Float64Array(width);
  const sumErrors = new Float64Array(width);
  for (let at = 0; at < hits.length; at++) {
    const c = at % width;
    sumHits[c] = (sumHits[c] as number) + (hits[at] as number);
    sumErrors[c] = (sumErrors[c] as number) + (errors[at] as number);
  }
  const f1 = sumHits.map((hit, c) => {
    const whole = 2 * hit + (sumErrors[c] as number);
    return whole === 0 ? 0 : (2 * hit) / whole;
  });
  const mean = (model: number): number =>
    f1.subarray(model * labels, (model + 1) * labels).reduce((sum, value) => sum + value, 0) / labels;
  // By which a hit and an error of a column move its F1.
  const perHit = f1.map(
    (value, c) => (2 - 2 * value) / Math.max(1, 2 * (sumHits[c] as number) + (sumErrors[c] as number)),
  );
  const perError = f1.map(
    (value, c) => -value / Math.max(1, 2 * (sumHits[c] as number) + (sumErrors[c] as number)),
  );
  return Array.from({ length: models - 1 }, (_, index) => {
    const [first, middle, end] = [index * labels, (index + 1) * labels, (index + 2) * labels];
    let squares = 0;
    for (let i = 0; i < n; i++) {
      let influence = 0;
      for (let c = first; c < end; c++) {
        const at = i * width + c;
        const moved =
          (hits[at] as number) * (perHit[c] as number) + (errors[at] as number) * (perError[c] as number);
        influence += c < middle ? -moved : moved;
      }
      squares += influence * influence;
    }
    const variance = (squares / (labels * labels)) * (n / (n - 1));
    return { value: mean(index + 1) - mean(index), error: Math.sqrt(variance) };
  });
}

/** Type 6: position p (B + 1) among the order statistics, counted from 1. */
function quantile(sorted: Float64Array, p: number): number {
  const position = Math.min(sorted.length, Math.max(1, p * (sorted.length + 1)));
  const below = sorted[Math.floor(position) - 1] as number;
  const above = sorted[Math.ceil(position) - 1] as number;
  return below + (above - below) * (position - Math.floor(position));
}
