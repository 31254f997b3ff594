import type { Label } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import type { Reward } from "./reward.ts";

/** An image of the training cohort and what is true of it. */
export interface CohortTruth {
  readonly id: string;
  readonly patient: string;
  readonly truth: readonly Label[];
}

/**
 * Each image's id -> the truth of another patient's image: a permutation of the cohort without a fixed patient, drawn
 * by the seed. The labels' frequencies stay exactly as they were; only their tie to the picture is cut.
 * Throws a UserError when one patient holds more than half of the images, for then there is no such pairing.
 */
export function permuteTruth(cohort: readonly CohortTruth[], seed: number): Map<string, readonly Label[]> {
  const stream = randomStream(seed, "permuted-truth");
  const byPatient = new Map<string, CohortTruth[]>();
  for (const image of cohort) byPatient.set(image.patient, [...(byPatient.get(image.patient) ?? []), image]);
  const groups = [...byPatient.values()];
  // Patients in random order, their images together: a shift by the largest patient's count leaves every patient.
  const order = stream.shuffle(groups).flatMap((images) => stream.shuffle(images));
  const shift = Math.max(...groups.map((images) => images.length));
  if (2 * shift > order.length) {
    throw new UserError(
      `permuted truth: one patient holds ${shift} of ${order.length} images; give a cohort with more patients`,
    );
  }
  return new Map(
    order.map(({ id }, index) => {
      const other = order[(index + shift) % order.length];
      if (other === undefined) throw new Error("permuteTruth: index out of range");
      return [id, other.truth];
    }),
  );
}

/**
 * The control of a reward: the same reward, paid by another patient's labels. A model that still gains by it learns
 * label frequencies or format, not the picture. Throws a UserError for a record outside the cohort.
 */
export function permutedTruth<State>(
  reward: Reward<State>,
  cohort: readonly CohortTruth[],
  seed: number,
): Reward<State> {
  const truthOf = permuteTruth(cohort, seed);
  return (rollout, context, state) => {
    const swapped = rollout.map((completion) => {
      const truth = truthOf.get(completion.id);
      if (truth === undefined) {
        throw new UserError(`permuted truth: record ${completion.id} is not in the cohort it was drawn over`);
      }
      return { ...completion, truth };
    });
    return reward(swapped, context, state);
  };
}
