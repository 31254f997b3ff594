import type { Label } from "../../labels/label.ts";
import { betaQuantile } from "../distributions/beta.ts";
import type { Estimate } from "../interval.ts";

/** One image of one patient with the labels that a labeler, a truth or a model names. */
export interface LabelledImage {
  readonly patient: string;
  readonly labels: readonly Label[];
}

/** P(consequent | antecedent) among a number of images, with the counts that it is made of. */
export interface ImplicationRate extends Estimate {
  /** Images that name the antecedent, the patients that they are of, and those of the images that name both. */
  readonly given: number;
  readonly patients: number;
  readonly both: number;
}

/** Jeffreys' prior: half a patient on either side. */
const PRIOR = 0.5;

/**
 * How often the second label stands where the first does. The interval is Jeffreys' for a share, exact quantiles of a beta
 * distribution, with patients as units: counts are scaled so that they sum to the patients, as if all images of a patient
 * were one. Unlike resampling it does not call a rate of 0 or 1 certain. Null where the first label never stands.
 */
export function implicationRate(
  images: readonly LabelledImage[],
  [antecedent, consequent]: readonly [Label, Label],
  level: number,
): ImplicationRate {
  const given = images.filter(({ labels }) => labels.includes(antecedent));
  const both = given.filter(({ labels }) => labels.includes(consequent)).length;
  const patients = new Set(given.map(({ patient }) => patient)).size;
  return { ...shareEstimate(both, given.length, patients, level), given: given.length, patients, both };
}

/**
 * A share of images and Jeffreys' interval of it with patients as units; all null where there is no image. The interval of
 * a share of 0 begins there, and that of 1 ends there (Brown, Cai and DasGupta 2001): the equal tails would exclude them.
 */
export function shareEstimate(hits: number, images: number, patients: number, level: number): Estimate {
  if (images === 0) return { value: null, low: null, high: null };
  const scale = patients / images;
  const [a, b] = [hits * scale + PRIOR, (images - hits) * scale + PRIOR];
  const tail = (1 - level) / 2;
  return {
    value: hits / images,
    low: hits === 0 ? 0 : betaQuantile(tail, a, b),
    high: hits === images ? 1 : betaQuantile(1 - tail, a, b),
  };
}
