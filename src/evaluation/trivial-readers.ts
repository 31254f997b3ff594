import { LABELS, type Label } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { bestConstant } from "./best-constant.ts";
import type { ReadingSet } from "./reading.ts";

/** What `trivialReaders` calls its readers. */
export const TRIVIAL_READER_IDS = ["always", "prior", "constant"] as const;

/**
 * Readers that never look at the picture, on the images of `test`. Everything they know comes from `training`, the
 * positive labels of each training image; the test truth is never used.
 *
 * - `always` names every label that the hospital states.
 * - `prior` names each label with its training prevalence, independently, drawn once from the seed.
 * - `constant` gives every image the same labels: see `bestConstant`.
 */
export function trivialReaders(
  test: ReadingSet,
  training: readonly (readonly Label[])[],
  seed: number,
): ReadingSet[] {
  if (training.length === 0) {
    throw new UserError(`trivial readers for ${test.data}: the training cohort is empty; give its labels`);
  }
  const stated = LABELS.filter((label) => test.stated.includes(label));
  const prevalence = stated.map(
    (label) => training.filter((labels) => labels.includes(label)).length / training.length,
  );
  const constant = bestConstant(training, stated).labels;
  return [
    alwaysReader(test),
    blindReader(test, "prior", (id) => {
      const stream = randomStream(seed, "prior reader", test.data, id);
      return stated.filter((_, index) => stream.chance(prevalence[index] ?? 0));
    }),
    blindReader(test, "constant", () => constant),
  ];
}

/** `always` alone, the one that has nothing to learn. */
export function alwaysReader(test: ReadingSet): ReadingSet {
  const stated = LABELS.filter((label) => test.stated.includes(label));
  return blindReader(test, "always", () => stated);
}

function blindReader(test: ReadingSet, model: string, answer: (id: string) => Label[]): ReadingSet {
  const { data, stated, readings } = test;
  return {
    model,
    data,
    stated,
    readings: readings.map(({ id, patient, truth }) => ({
      id,
      patient,
      truth,
      predicted: answer(id),
      failure: null,
    })),
  };
}
