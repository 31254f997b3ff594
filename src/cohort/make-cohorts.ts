import type { ImageRecord } from "../datasets/record.ts";
import { UserError } from "../util/user-error.ts";
import type { Cohort, SetAside, SetAsideReason } from "./cohort.ts";
import type { CohortRequest } from "./cohort-request.ts";
import { assertPatientDisjoint } from "./disjoint.ts";
import { type Drawn, type DrawnSet, drawSets } from "./draw-sets.ts";
import { type FindingOf, NOTHING_SEEN } from "./picture.ts";
import { type Replacement, type SettledSets, settle } from "./settle.ts";

export interface Cohorts {
  readonly sft: Cohort;
  readonly rl: Cohort;
  readonly validation: Cohort;
  /** Null when none was asked for. */
  readonly test: Cohort | null;
  /** Every record that is in no set. */
  readonly setAside: readonly SetAside[];
  /** Pictures that were drawn and could not be used. */
  readonly replaced: readonly Replacement[];
}

/**
 * Draws the sets of one hospital, no patient in two of them: first `test` and `validation`, at random from all frontal
 * images, so that they are like their source; then `sft` and `rl` by the balanced sampler, from the images with a
 * positive label that are left. A patient's other images go to no other set. The same records, in any order, and the
 * same request give the same sets. Throws UserError when the source has too few images, or too few of one label.
 * Looks at no picture.
 */
export function makeCohorts(records: readonly ImageRecord[], request: CohortRequest): Cohorts {
  return settleCohorts(drawSets(records, request), NOTHING_SEEN);
}

/** The sets of a draw, as far as the pictures are known (`settle`). */
export function settleCohorts(drawn: Drawn, findingOf: FindingOf): Cohorts {
  const first = settle(drawn.sets, findingOf);
  const { cohorts, replaced } = drawn.testIsRest ? addRest(drawn, first, findingOf) : first;
  assertPatientDisjoint(cohorts);
  const setAside = asideOf(drawn, cohorts, replaced);
  const accounted = cohorts.reduce((sum, { records }) => sum + records.length, setAside.length);
  if (accounted !== drawn.records.length) {
    throw new Error(`settleCohorts: ${drawn.records.length} records, ${accounted} accounted for`);
  }
  const byName = new Map(cohorts.map((cohort) => [cohort.name, cohort]));
  const named = (name: string): Cohort => {
    const cohort = byName.get(name);
    if (cohort === undefined) throw new Error(`settleCohorts: no set ${name}`);
    return cohort;
  };
  return {
    sft: named("sft"),
    rl: named("rl"),
    validation: named("validation"),
    test: byName.get("test") ?? null,
    setAside,
    replaced,
  };
}

/** The test set of all patients in no other set; it gives up any picture that another set holds. */
function addRest(drawn: Drawn, { cohorts, replaced }: SettledSets, findingOf: FindingOf): SettledSets {
  const personOf = new Map(drawn.eligible.map(({ record, person }) => [record, person]));
  const keyOf = (record: ImageRecord): string => personOf.get(record) ?? "";
  const usedPatients = new Set(cohorts.flatMap(({ records }) => records.map(keyOf)));
  // What proved unusable for another set is unusable here too, and counted there.
  const refused = new Set(replaced.map(({ old }) => old));
  const picked = drawn.eligible.filter(
    ({ person, record }) => !usedPatients.has(person) && !refused.has(record),
  );
  if (picked.length === 0)
    throw new UserError("cohort test: no patient is left for it; make the other sets smaller");
  const rule = `all ${picked.length} frontal images of the patients in no other set`;
  const rest: DrawnSet = { name: "test", use: "verdict", rule, picked, reserve: null };
  const hashOf = (record: ImageRecord): string | undefined => {
    const finding = findingOf(record);
    return finding?.kind === "readable" ? finding.hash : undefined;
  };
  const before = cohorts.map((cohort) => ({ cohort, hashOf, personOf: keyOf }));
  const settled = settle([rest], findingOf, before);
  return { cohorts: [...cohorts, ...settled.cohorts], replaced: [...replaced, ...settled.replaced] };
}

/** Every record in no set, with the reason that came first. */
function asideOf(
  { records, eligible, aside }: Drawn,
  cohorts: readonly Cohort[],
  replaced: readonly Replacement[],
): SetAside[] {
  const drawn = new Set(cohorts.flatMap((cohort) => cohort.records));
  const labelled = new Map(eligible.map((each) => [each.record, each]));
  const refused = new Map(replaced.map(({ old, reason }) => [old, reason]));
  const usedPatients = new Set<string>();
  for (const record of drawn) usedPatients.add(labelled.get(record)?.person ?? "");
  const reasonOf = (record: ImageRecord): SetAsideReason => {
    const early = aside.get(record) ?? refused.get(record);
    if (early !== undefined) return early;
    const each = labelled.get(record);
    if (each === undefined) throw new Error("asideOf: a record that was never looked at");
    if (usedPatients.has(each.person)) return "patient used elsewhere";
    return each.labels.length === 0 ? "no positive label" : "not drawn";
  };
  return records
    .filter((record) => !drawn.has(record))
    .map((record) => ({
      site: record.site,
      id: record.id,
      patient: record.patient,
      reason: reasonOf(record),
    }));
}
