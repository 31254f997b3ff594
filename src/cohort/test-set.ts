import type { ImageRecord } from "../datasets/record.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import type { Cohort, SetAside } from "./cohort.ts";
import { type HospitalOf, patientKey, SITE_IS_HOSPITAL } from "./disjoint.ts";
import { type DrawnSet, inOrder } from "./draw-sets.ts";
import { type FindingOf, NOTHING_SEEN } from "./picture.ts";
import { type Replacement, type SettledBefore, settle } from "./settle.ts";

/** A test set, and the records that were not drawn for it. */
export interface TestSet {
  readonly cohort: Cohort;
  readonly setAside: readonly SetAside[];
  /** Pictures that were drawn and could not be used. */
  readonly replaced: readonly Replacement[];
}

/** Which images make up a test set. */
export interface TestSetRequest {
  readonly name: string;
  /** All of a hospital's records, or n of them at random, every record being equally likely whatever its labels. */
  readonly count: number | "all";
  readonly seed: number;
  readonly hospitalOf?: HospitalOf;
}

/** The patient of a record, as a key. */
export function personOf(hospitalOf: HospitalOf): (record: ImageRecord) => string {
  return ({ site, patient }) => patientKey(hospitalOf(site), patient);
}

/**
 * Draws a test set; the rule is recorded. In the order of the ids, whatever the order of the records. As far as the
 * pictures are known, an unusable one, or one that an earlier set holds under any name, is left out where all were
 * asked for, and else replaced by the next in the order of the draw. Throws UserError when n is more than there are.
 */
export function drawTestSet(
  records: readonly ImageRecord[],
  request: TestSetRequest,
  findingOf: FindingOf = NOTHING_SEEN,
  before: readonly SettledBefore[] = [],
): TestSet {
  const sorted = inOrder(records);
  const { cohorts, replaced } = settle([asDrawn(sorted, request)], findingOf, before);
  const [settled] = cohorts;
  if (settled === undefined) throw new Error("drawTestSet: no set");
  const cohort = { ...settled, records: inOrder(settled.records) };
  const drawn = new Set(cohort.records);
  const refused = new Map(replaced.map(({ old, reason }) => [old, reason]));
  const setAside = sorted
    .filter((record) => !drawn.has(record))
    .map((record): SetAside => {
      const { site, id, patient } = record;
      return { site, id, patient, reason: refused.get(record) ?? "not drawn" };
    });
  return { cohort, setAside, replaced };
}

function asDrawn(sorted: readonly ImageRecord[], request: TestSetRequest): DrawnSet {
  const { name, count, seed, hospitalOf = SITE_IS_HOSPITAL } = request;
  const keyOf = personOf(hospitalOf);
  const eligible = sorted.map((record) => ({ record, labels: [], person: keyOf(record) }));
  if (count === "all") {
    const rule = `all ${sorted.length} images`;
    return { name, use: "verdict", rule, picked: eligible, reserve: null };
  }
  if (count > sorted.length) {
    throw new UserError(
      `test set ${name}: ${count} images asked for, ${sorted.length} can be used; ask for fewer`,
    );
  }
  const order = randomStream(seed, "test-set", name).shuffle(eligible);
  const rule = `${count} of ${sorted.length} images, drawn at random (seed ${seed})`;
  const reserve = () => ({ kind: "in order", candidates: order.slice(count) }) as const;
  return { name, use: "verdict", rule, picked: order.slice(0, count), reserve };
}
