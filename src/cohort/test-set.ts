import type { ImageRecord } from "../datasets/record.ts";
import { compareText } from "../util/compare-text.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import type { Cohort, SetAside } from "./cohort.ts";

/** A test set, and the records that were not drawn for it. */
export interface TestSet {
  readonly cohort: Cohort;
  readonly setAside: readonly SetAside[];
}

/**
 * Draws a test set: all of a hospital's records, or n of them at random, every record being equally likely whatever
 * its labels. The rule is recorded. In the order of the ids, whatever the order of the records. Throws UserError when
 * n is more than there are.
 */
export function drawTestSet(
  name: string,
  records: readonly ImageRecord[],
  count: number | "all",
  seed: number,
): TestSet {
  const sorted = [...records].sort((a, b) => compareText(a.site, b.site) || compareText(a.id, b.id));
  if (count === "all") {
    return {
      cohort: { name, use: "verdict", rule: `all ${sorted.length} images`, records: sorted },
      setAside: [],
    };
  }
  if (count > sorted.length) {
    throw new UserError(
      `test set ${name}: ${count} images asked for, ${sorted.length} can be used; ask for fewer`,
    );
  }
  const order = randomStream(seed, "test-set", name).shuffle(sorted);
  const drawn = new Set(order.slice(0, count));
  const rule = `${count} of ${sorted.length} images, drawn at random (seed ${seed})`;
  const setAside = sorted
    .filter((record) => !drawn.has(record))
    .map(({ site, id, patient }): SetAside => ({ site, id, patient, reason: "not drawn" }));
  return {
    cohort: { name, use: "verdict", rule, records: sorted.filter((record) => drawn.has(record)) },
    setAside,
  };
}
