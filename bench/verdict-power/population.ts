import { f1AtPrevalence, type LabelRates } from "../../src/evaluation/transfer/label-rates.ts";
import type { Label } from "../../src/labels/label.ts";
import type { RandomStream } from "../../src/util/random.ts";

/**
 * Simulated hospitals and models with known macro-F1. A patient has one image and is ill or well with even chance: ill,
 * every finding is four times as likely as in the well (No Finding the other way round), so labels go together. Two
 * models share a share of their luck on each label, as two checkpoints of one model do.
 */

/** The nine labels that CheXpert and NIH ChestX-ray14 both state. */
export const MATCHED = [
  "No Finding",
  "Cardiomegaly",
  "Lung Lesion",
  "Edema",
  "Consolidation",
  "Pneumonia",
  "Atelectasis",
  "Pneumothorax",
  "Pleural Other",
] as const satisfies readonly Label[];

/** Shares of images that hold each label, in that order. */
export const PREVALENCES = {
  /** The 500 studies of CheXpert's test labels. */
  home: [0.124, 0.302, 0.016, 0.156, 0.058, 0.022, 0.306, 0.018, 0.008],
  /** The 112,120 images of NIH ChestX-ray14. */
  away: [0.538, 0.025, 0.1, 0.021, 0.042, 0.013, 0.103, 0.047, 0.03],
} as const;
export type Side = keyof typeof PREVALENCES;

/** What an ill patient's chance of a label is to the mean; a well one has the rest. */
const ILL = 1.6;
/** The first model: a small one's, with a macro-F1 of about 0.3 at home. */
const SENSITIVITIES = [0.6, 0.55, 0.3, 0.45, 0.3, 0.3, 0.4, 0.4, 0.25];
const SPECIFICITIES = [0.9, 0.85, 0.96, 0.88, 0.93, 0.95, 0.8, 0.97, 0.97];

/** A model's rates for the nine labels. */
export type Rates = readonly LabelRates[];

export function macroF1(rates: Rates, side: Side): number {
  const scores = rates.map((rate, label) => f1AtPrevalence(rate, PREVALENCES[side][label] ?? 0));
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** The first model. */
export const FIRST: Rates = SENSITIVITIES.map((sensitivity, label) => ({
  sensitivity,
  specificity: SPECIFICITIES[label] ?? 0,
}));

/**
 * The model that sees every label so much better or worse (by one shift of the logit of its sensitivities) that its
 * macro-F1 differs by `difference` from the given one's. The shift is found by halving.
 */
export function modelApart(from: Rates, side: Side, difference: number): Rates {
  const shifted = (shift: number): Rates =>
    from.map(({ sensitivity, specificity }) => ({
      sensitivity: 1 / (1 + Math.exp(-(Math.log(sensitivity / (1 - sensitivity)) + shift))),
      specificity,
    }));
  const goal = macroF1(from, side) + difference;
  let [low, high] = [-8, 8];
  if (macroF1(shifted(low), side) > goal || macroF1(shifted(high), side) < goal)
    throw new Error(`modelApart: no model is ${difference} from the first`);
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (macroF1(shifted(middle), side) < goal) low = middle;
    else high = middle;
  }
  return shifted((low + high) / 2);
}

/** Answers of several models to n patients: for each patient, model and label whether it is a hit or an error. */
export interface Sample {
  readonly n: number;
  readonly models: number;
  /** (n x models x labels) 1: true positive. */
  readonly hits: Uint8Array;
  /** (n x models x labels) 1: false positive or false negative. */
  readonly errors: Uint8Array;
  /** (n x labels) 1: positive. */
  readonly truth: Uint8Array;
}

/**
 * Draws n patients.
 * @param shared with which probability a model has the same luck on a label as the model it comes from
 * @param from which that is: the one before it, or the first
 */
export function drawSample(
  models: readonly Rates[],
  side: Side,
  n: number,
  shared: number,
  random: RandomStream,
  from: "one before" | "first" = "one before",
): Sample {
  const labels = MATCHED.length;
  const size = n * models.length * labels;
  const sample = {
    n,
    models: models.length,
    hits: new Uint8Array(size),
    errors: new Uint8Array(size),
    truth: new Uint8Array(n * labels),
  };
  for (let i = 0; i < n; i++) {
    const isIll = random.chance(0.5);
    for (let label = 0; label < labels; label++) {
      const more = isIll === label > 0;
      const chance = (PREVALENCES[side][label] ?? 0) * (more ? ILL : 2 - ILL);
      const isTrue = random.uniform() < chance;
      if (isTrue) sample.truth[i * labels + label] = 1;
      const first = random.uniform();
      let luck = first;
      models.forEach((rates, model) => {
        if (from === "first") luck = first;
        if (model > 0 && !random.chance(shared)) luck = random.uniform();
        const rate = rates[label];
        const isRight = luck < ((isTrue ? rate?.sensitivity : rate?.specificity) ?? 0);
        const at = (i * models.length + model) * labels + label;
        if (isTrue && isRight) sample.hits[at] = 1;
        else if (!isRight) sample.errors[at] = 1;
      });
    }
  }
  return sample;
}
