import type { ImageRecord } from "../datasets/record.ts";
import type { Cohort } from "./cohort.ts";
import { type FindingOf, imageKey, type LookAtPictures, type PictureFinding } from "./picture.ts";
import { assertPicturesDisjoint } from "./same-picture.ts";

/** Sets all of whose pictures were looked at, but for those that are still to be fetched. */
export interface Verified<T> {
  readonly settled: T;
  /** Pixel hashes by `imageKey`, of every picture in a set. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Picked files that are not there yet. */
  readonly awaited: readonly ImageRecord[];
}

/**
 * Looks at every picture of some sets, puts others in the place of the unusable ones, looks at those, and so on until
 * none is left. The sets are the same whatever was known at the start and in whichever order it was found out.
 * @param settleWith the sets, as far as the pictures are known
 * @param cohortsOf the sets in what `settleWith` gives
 */
export async function verifySets<T>(
  settleWith: (findingOf: FindingOf) => T,
  cohortsOf: (settled: T) => readonly Cohort[],
  look: LookAtPictures,
): Promise<Verified<T>> {
  const findings = new Map<string, PictureFinding>();
  const findingOf: FindingOf = (record) => findings.get(imageKey(record));
  for (;;) {
    const settled = settleWith(findingOf);
    const cohorts = cohortsOf(settled);
    const records = cohorts.flatMap((cohort) => cohort.records);
    const unseen = records.filter((record) => findingOf(record) === undefined);
    if (unseen.length === 0) {
      const hashes = new Map<string, string>();
      for (const record of records) {
        const finding = findingOf(record);
        if (finding?.kind === "readable") hashes.set(imageKey(record), finding.hash);
      }
      assertPicturesDisjoint(cohorts, (record) => hashes.get(imageKey(record)));
      const awaited = records.filter((record) => findingOf(record)?.kind === "awaited");
      return { settled, hashes, awaited };
    }
    const seen = await look(unseen);
    for (const [index, record] of unseen.entries()) {
      const finding = seen[index];
      if (finding === undefined) throw new Error("verifySets: a picture without a finding");
      findings.set(imageKey(record), finding);
    }
  }
}
