import type { Label } from "../../labels/label.ts";
import { checkSameImages } from "../compare.ts";
import { LEVEL, RESAMPLES, type ResamplingOptions } from "../estimate-tree.ts";
import { bootstrapP, type Estimate, percentileInterval } from "../interval.ts";
import { holm } from "../paired/holm.ts";
import type { Reading, ReadingSet } from "../reading.ts";
import { drawPatients } from "../resample.ts";
import {
  conventionsDiffer,
  ENOUGH_PATIENTS,
  holds,
  type ImplicationPair,
  implicationPairs,
  isKnown,
  SAME,
} from "./implication-pairs.ts";
import { type ImplicationRate, implicationRate, type LabelledImage } from "./implication-rate.ts";

/**
 * Which implications of the training labeler a model has learned, from its answers alone: how often it names B where it
 * names A, beside how often the truth and the training labels do.
 *
 * What it does not cover: why. A model that hardly ever finds B says B beside A rarely too, whatever the labeler did; the
 * plain share of B stands beside each rate for that reason. And the truth is a hospital's, with that hospital's prevalence.
 */

/** What a model's rate says, at the level of its interval. */
export const CONVENTION_OUTCOMES = [
  /** Its interval comes within 0.05 of the training labeler's rate, and not of the truth's. */
  "follows training labeler",
  /** The other way round. */
  "follows truth",
  "neither",
  /** It does of both: too wide. */
  "cannot tell",
  /** Training labels and truth do not clearly differ, so nothing can be told from it. */
  "conventions agree",
  /** Fewer than 20 patients with A, in the answers, the truth or the training labels. */
  "too few",
] as const;
export type ConventionOutcome = (typeof CONVENTION_OUTCOMES)[number];

export const MOVES = [
  "towards training labeler",
  "towards truth",
  "no clear move",
  "conventions agree",
  "too few",
] as const;

/** The change of a model's rate against the model that it came from. */
export interface ConventionMove {
  readonly baseline: ImplicationRate;
  /** Model minus baseline, with an interval from resampling patients, the same draws for both. */
  readonly difference: Estimate;
  /** Two-sided, from the same draws; and after Holm over all implications with patients enough. Null without them. */
  readonly p: number | null;
  readonly holm: number | null;
  readonly outcome: (typeof MOVES)[number];
}

export interface ProbedImplication extends ImplicationPair {
  readonly model: ImplicationRate;
  /** Where the model's rate lies between the two: 0 the training labeler's, 1 the truth's. Null where these agree. */
  readonly position: number | null;
  /** Share of images with the consequent, whatever else: of the answers, the truth, the training labels. */
  readonly consequentShare: { readonly model: number; readonly truth: number; readonly training: number };
  readonly outcome: ConventionOutcome;
  readonly move: ConventionMove | null;
}

export interface ConventionProbe {
  readonly model: string;
  readonly baseline: string | null;
  readonly data: string;
  readonly images: number;
  readonly patients: number;
  /** Answers that could not be read; they are left out. */
  readonly failed: number;
  readonly level: number;
  readonly resamples: number;
  readonly implications: readonly ProbedImplication[];
}

/** The labels that a model was trained on, as its training labeler wrote them. */
export interface TrainingLabels {
  readonly stated: readonly Label[];
  readonly images: readonly LabelledImage[];
}

/** Probes a model's answers on a hospital, and the change since `baseline`, which must have read the same images. */
export function conventionProbe(
  model: ReadingSet,
  baseline: ReadingSet | null,
  training: TrainingLabels,
  { resamples = RESAMPLES, seed = 0, level = LEVEL }: ResamplingOptions = {},
): ConventionProbe {
  if (baseline !== null) checkSameImages(model, baseline);
  const truth = model.readings.map(({ patient, truth: labels }) => ({ patient, labels }));
  const said = answers(model);
  const before = baseline === null ? null : answers(baseline);
  const stated = model.stated.filter((label) => training.stated.includes(label));
  const pairs = implicationPairs(training.images, truth, stated, level);
  const rates = pairs.map((pair) => rateOf(said, pair, level));
  const moves =
    before === null
      ? pairs.map(() => null)
      : movesOf(pairs, rates, { said, before, patients: truth }, { resamples, seed, level });
  return {
    model: model.model,
    baseline: baseline?.model ?? null,
    data: model.data,
    images: model.readings.length,
    patients: new Set(model.readings.map(({ patient }) => patient)).size,
    failed: model.readings.length - said.length,
    level,
    resamples,
    implications: pairs.map((pair, index) => {
      const rate = rates[index] as ImplicationRate;
      return {
        ...pair,
        model: rate,
        position: positionOf(rate, pair),
        consequentShare: {
          model: shareOf(said, pair.consequent),
          truth: shareOf(truth, pair.consequent),
          training: shareOf(training.images, pair.consequent),
        },
        outcome: outcomeOf(rate, pair),
        move: moves[index] ?? null,
      };
    }),
  };
}

function answers({ readings }: { readings: readonly Reading[] }): LabelledImage[] {
  return readings.flatMap(({ patient, predicted }) =>
    predicted === null ? [] : [{ patient, labels: predicted }],
  );
}

function rateOf(
  images: readonly LabelledImage[],
  { antecedent, consequent }: ImplicationPair,
  level: number,
): ImplicationRate {
  return implicationRate(images, [antecedent, consequent], level);
}

function shareOf(images: readonly LabelledImage[], label: Label): number {
  return images.length === 0
    ? 0
    : images.filter(({ labels }) => labels.includes(label)).length / images.length;
}

/** What a rate says of a convention; exported for its spec. */
export function outcomeOf(
  rate: ImplicationRate,
  pair: Pick<ImplicationPair, "training" | "truth">,
): ConventionOutcome {
  const { training, truth } = pair;
  if (!isKnown(pair) || rate.patients < ENOUGH_PATIENTS || training.value === null || truth.value === null)
    return "too few";
  if (!conventionsDiffer(pair)) return "conventions agree";
  const [asTraining, asTruth] = [holds(rate, training.value, SAME), holds(rate, truth.value, SAME)];
  if (asTraining && asTruth) return "cannot tell";
  if (asTraining) return "follows training labeler";
  return asTruth ? "follows truth" : "neither";
}

function positionOf(rate: ImplicationRate, pair: ImplicationPair): number | null {
  const { training, truth } = pair;
  if (!conventionsDiffer(pair) || rate.value === null || training.value === null || truth.value === null)
    return null;
  return (rate.value - training.value) / (truth.value - training.value);
}

interface Sides {
  readonly said: readonly LabelledImage[];
  readonly before: readonly LabelledImage[];
  /** One element an image; their patients are those that are drawn. */
  readonly patients: readonly LabelledImage[];
}

function movesOf(
  pairs: readonly ImplicationPair[],
  rates: readonly ImplicationRate[],
  { said, before, patients }: Sides,
  { resamples, seed, level }: Required<ResamplingOptions>,
): ConventionMove[] {
  // Sorted, so that the same seed draws the same patients whatever order the readings come in.
  const names = [...new Set(patients.map(({ patient }) => patient))].sort();
  const row = new Map(names.map((name, index) => [name, index]));
  const counts = (images: readonly LabelledImage[], { antecedent, consequent }: ImplicationPair) => {
    const given = new Int32Array(names.length);
    const both = new Int32Array(names.length);
    for (const { patient, labels } of images) {
      const at = row.get(patient) ?? 0;
      if (!labels.includes(antecedent)) continue;
      given[at] = (given[at] as number) + 1;
      if (labels.includes(consequent)) both[at] = (both[at] as number) + 1;
    }
    return { given, both };
  };
  const tables = pairs.map((pair) => ({ after: counts(said, pair), before: counts(before, pair) }));
  const replicates = pairs.map(() => new Float64Array(resamples));
  drawPatients(names.length, { resamples, seed }, (drawn, draw) => {
    tables.forEach((table, index) => {
      (replicates[index] as Float64Array)[draw] =
        drawnRate(table.after, drawn) - drawnRate(table.before, drawn);
    });
  });
  const measured = pairs.map((pair, index) => {
    const baseline = rateOf(before, pair, level);
    const rate = rates[index] as ImplicationRate;
    const drawn = replicates[index] as Float64Array;
    const value = (rate.value ?? Number.NaN) - (baseline.value ?? Number.NaN);
    const enough = rate.patients >= ENOUGH_PATIENTS && baseline.patients >= ENOUGH_PATIENTS;
    const p = enough ? bootstrapP(value, drawn) : null;
    return { pair, baseline, difference: percentileInterval(value, drawn, level), p };
  });
  const family = measured.flatMap(({ p }) => (p === null ? [] : [p]));
  const corrected = holm(family);
  let next = 0;
  return measured.map(({ pair, baseline, difference, p }) => {
    const adjusted = p === null ? null : (corrected[next++] as number);
    const outcome = moveOf(pair, difference.value, adjusted, 1 - level);
    return { baseline, difference, p, holm: adjusted, outcome };
  });
}

function moveOf(
  pair: ImplicationPair,
  difference: number | null,
  p: number | null,
  alpha: number,
): ConventionMove["outcome"] {
  if (p === null || difference === null || !isKnown(pair)) return "too few";
  if (!conventionsDiffer(pair)) return "conventions agree";
  if (p > alpha) return "no clear move";
  const truthIsHigher = (pair.truth.value ?? 0) > (pair.training.value ?? 0);
  return difference > 0 === truthIsHigher ? "towards truth" : "towards training labeler";
}

function drawnRate({ given, both }: { given: Int32Array; both: Int32Array }, drawn: Int32Array): number {
  let [images, hits] = [0, 0];
  for (let i = 0; i < drawn.length; i++) {
    const patient = drawn[i] as number;
    images += given[patient] as number;
    hits += both[patient] as number;
  }
  return hits / images;
}
