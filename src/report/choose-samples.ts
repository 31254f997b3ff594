import { jaccardUnits, type LabelMask, maskOf } from "../evaluation/label-mask.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";

/** An image to show, and why. */
export interface ChosenSample {
  readonly id: string;
  readonly reason: string;
}

type Kind = "better" | "worse" | "exact" | "missed" | "failed";

/**
 * Images worth looking at: taken in turn from those that `after` reads better than `before`, reads worse, that both
 * read exactly, that both miss wholly, and where an answer failed; at random within each, from the seed. Better is a
 * higher Jaccard with the truth. Both sets must be of the same images.
 */
export function chooseSamples(
  before: ReadingSet,
  after: ReadingSet,
  count: number,
  seed: number,
): ChosenSample[] {
  const earlier = new Map(before.readings.map((reading) => [reading.id, reading]));
  const kinds: Record<Kind, string[]> = { better: [], worse: [], exact: [], missed: [], failed: [] };
  const reasons: Record<Kind, string> = {
    better: `${after.model} reads it better than ${before.model}`,
    worse: `${after.model} reads it worse than ${before.model}`,
    exact: "both read it exactly",
    missed: "both miss all of it",
    failed: "an answer could not be read",
  };
  for (const reading of after.readings) {
    const twin = earlier.get(reading.id);
    if (twin === undefined) {
      throw new UserError(
        `${after.model}@${after.data}: ${reading.id} was not read by ${before.model}; read it by both`,
      );
    }
    const truth = maskOf(reading.truth);
    const [now, then] = [reading, twin].map(({ predicted }) => predicted && maskOf(predicted));
    const kind = kindOf(truth, then ?? null, now ?? null);
    if (kind !== null) kinds[kind].push(reading.id);
  }
  const shuffled = (Object.keys(kinds) as Kind[]).map((kind) => ({
    reason: reasons[kind],
    ids: randomStream(seed, "samples", kind).shuffle([...kinds[kind]].sort()),
  }));
  const chosen: ChosenSample[] = [];
  for (let turn = 0; chosen.length < count; turn++) {
    const taken = shuffled.flatMap(({ reason, ids }) =>
      ids.slice(turn, turn + 1).map((id) => ({ id, reason })),
    );
    if (taken.length === 0) break;
    chosen.push(...taken.slice(0, count - chosen.length));
  }
  return chosen;
}

/** Where an image belongs, or null where the two answers are equally and partly right. A failed answer is null. */
function kindOf(truth: LabelMask, before: LabelMask | null, after: LabelMask | null): Kind | null {
  if (before === null || after === null) return "failed";
  const gain = jaccardUnits(truth, after) - jaccardUnits(truth, before);
  if (gain !== 0) return gain > 0 ? "better" : "worse";
  if (before === truth && after === truth) return "exact";
  return (truth & (before | after)) === 0 ? "missed" : null;
}
