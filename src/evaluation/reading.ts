import type { Label } from "../labels/label.ts";
import { UserError } from "../util/user-error.ts";
import type { Prediction } from "./prediction-file.ts";

/** One image as read by one model, beside what the hospital says of it. */
export interface Reading {
  /** The image, once in a set. */
  readonly id: string;
  /** The unit of resampling: all images of one patient are drawn together. */
  readonly patient: string;
  /** The labels the hospital states as present. */
  readonly truth: readonly Label[];
  /** The labels the answer names, possibly none; null when the answer could not be read. */
  readonly predicted: readonly Label[] | null;
  /** Why the answer could not be read; null exactly when `predicted` is not. */
  readonly failure: string | null;
  /** How sampling ended ("stop", "length"), where the reader is a model. */
  readonly finish?: string;
}

/** The readings of one model on one hospital. */
export interface ReadingSet {
  readonly model: string;
  readonly data: string;
  /** The labels this hospital is able to state; nothing else is scored. */
  readonly stated: readonly Label[];
  readonly readings: readonly Reading[];
}

/** A model's answer as a reading, beside the truth of its image. */
export function readingOf(prediction: Prediction, truth: readonly Label[]): Reading {
  const { id, patient, labels, failure, finish } = prediction;
  return { id, patient, truth, predicted: labels, failure, finish };
}

/** Refuses a set that cannot be scored honestly: an id twice, a truth outside `stated`, a half-failed answer. */
export function checkReadings(set: ReadingSet): void {
  const where = `readings ${set.model}@${set.data}`;
  const stated = new Set(set.stated);
  const seen = new Set<string>();
  for (const reading of set.readings) {
    if (seen.has(reading.id)) {
      throw new UserError(
        `${where}: the image ${reading.id} is there twice; keep one reading for each image`,
      );
    }
    seen.add(reading.id);
    if ((reading.predicted === null) !== (reading.failure !== null)) {
      throw new UserError(`${where}: ${reading.id} must have either predicted labels or a failure reason`);
    }
    const foreign = reading.truth.find((label) => !stated.has(label));
    if (foreign !== undefined) {
      throw new UserError(
        `${where}: the truth of ${reading.id} names ${foreign}, which this hospital is said not to state; correct the stated labels`,
      );
    }
  }
}
