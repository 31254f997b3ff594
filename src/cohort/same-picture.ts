import type { ImageRecord } from "../datasets/record.ts";
import { UserError } from "../util/user-error.ts";
import type { Cohort } from "./cohort.ts";

/** Where a picture was first seen. */
export interface PictureHolder {
  readonly set: string;
  readonly site: string;
  readonly id: string;
}

/**
 * Which set holds a picture, by the hash of its pixels: the same picture under another name (a copy, a second release,
 * another hospital's re-use of a public image) is found whatever its file, patient or encoding says. A crop, another
 * size or a lossy re-encoding has other pixels and is not found.
 */
export class PictureIndex {
  private readonly holders = new Map<string, PictureHolder>();

  /** Notes a picture; the first holder stays. */
  add(hash: string, set: string, { site, id }: Pick<ImageRecord, "site" | "id">): void {
    if (!this.holders.has(hash)) this.holders.set(hash, { set, site, id });
  }

  /** Who holds this picture, when that is another set. */
  elsewhere(hash: string, set: string): PictureHolder | null {
    const holder = this.holders.get(hash);
    return holder === undefined || holder.set === set ? null : holder;
  }
}

/** The hash of a record's pixels; undefined when nobody has looked at it. */
export type HashOf = (record: ImageRecord) => string | undefined;

/** Throws UserError when one picture is in two sets. Within a set a second name of a picture is no leak. */
export function assertPicturesDisjoint(cohorts: readonly Cohort[], hashOf: HashOf): void {
  const index = new PictureIndex();
  for (const { name, records } of cohorts) {
    for (const record of records) {
      const hash = hashOf(record);
      if (hash === undefined) continue;
      const other = index.elsewhere(hash, name);
      if (other !== null) {
        throw new UserError(
          `${name}: ${record.id} of ${record.site} is the same picture as ${other.id} of ${other.site} ` +
            `in ${other.set}; draw the cohorts again`,
        );
      }
      index.add(hash, name, record);
    }
  }
}

/** How many images of a set are a second name of a picture that the set has already. */
export function countRepeats({ records }: Pick<Cohort, "records">, hashOf: HashOf): number {
  const hashes = records.map(hashOf).filter((hash) => hash !== undefined);
  return hashes.length - new Set(hashes).size;
}
