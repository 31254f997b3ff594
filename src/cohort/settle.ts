import type { ImageRecord } from "../datasets/record.ts";
import { UserError } from "../util/user-error.ts";
import type { Cohort, SetAsideReason } from "./cohort.ts";
import type { DrawnSet, Eligible } from "./draw-sets.ts";
import type { FindingOf } from "./picture.ts";
import { replaceLost } from "./replacements.ts";
import { PictureIndex } from "./same-picture.ts";

/** A picture that was drawn and cannot be used, and what stands in its place. */
export interface Replacement {
  readonly set: string;
  readonly old: ImageRecord;
  /** Null: nothing does, the set is smaller. */
  readonly new: ImageRecord | null;
  readonly reason: SetAsideReason;
  readonly detail: string;
}

/** Sets that hold nothing known to be unusable. */
export interface SettledSets {
  /** In the order of the draw. */
  readonly cohorts: readonly Cohort[];
  readonly replaced: readonly Replacement[];
}

/** A set that was settled before: no picture and no patient of it may be in another. */
export interface SettledBefore {
  readonly cohort: Cohort;
  readonly hashOf: (record: ImageRecord) => string | undefined;
  /** The key under which candidates name the patient of a record of this set. */
  readonly personOf: (record: ImageRecord) => string;
}

/**
 * Takes the sets as drawn and puts the next candidate in the place of every picture that is unusable, or that an
 * earlier set holds under another name. First all sets give up what they lost, in the order of the draw; then each is
 * filled. A replacement is no patient of another set.
 *
 * The result depends on the draw and on what the files are, and not on when that was found out: candidates are tried
 * in one order, a file nobody has looked at counts as good, and once all that is in the sets has been looked at, every
 * trial has the answer that it would have with all files known from the start.
 */
export function settle(
  sets: readonly DrawnSet[],
  findingOf: FindingOf,
  before: readonly SettledBefore[] = [],
): SettledSets {
  const book = new Book(findingOf, before);
  const kept = sets.map((set) => set.picked.map((picked) => (book.take(picked, set.name) ? picked : null)));
  const cohorts = sets.map((set, index) => fill(set, kept[index] ?? [], book));
  return { cohorts, replaced: book.replaced };
}

function fill(set: DrawnSet, kept: readonly (Eligible | null)[], book: Book): Cohort {
  const { name, use, rule, picked, reserve } = set;
  const lost = picked.filter((_, index) => kept[index] === null);
  const stay = kept.filter((place) => place !== null);
  const found =
    reserve === null || lost.length === 0
      ? lost.map(() => null)
      : replaceLost(lost, stay, reserve(), (candidate, place) => book.replace(candidate, place, name));
  const missing = found.filter((place) => place === null).length;
  if (reserve !== null && missing > 0) {
    throw new UserError(
      `cohort ${name}: ${lost.length} of ${picked.length} pictures cannot be used, and for ${missing} of them no ` +
        `candidate is left; ask for fewer`,
    );
  }
  for (const [index, place] of lost.entries()) book.close(name, place, found[index] ?? null);
  let next = 0;
  const records = kept.flatMap((place) => (place ?? found[next++] ?? null)?.record ?? []);
  return { name, use, rule: rule + suffix(lost.length, reserve !== null), records };
}

function suffix(lost: number, isReplaced: boolean): string {
  return lost === 0 ? "" : `; ${lost} unusable, ${isReplaced ? "replaced" : "left out"}`;
}

type Refusal = Pick<Replacement, "old" | "reason" | "detail">;

/** Who is in which set, and what was refused. */
class Book {
  readonly replaced: Replacement[] = [];
  private readonly findingOf: FindingOf;
  private readonly pictures = new PictureIndex();
  private readonly owner = new Map<string, string>();
  /** In a set, or refused. */
  private readonly used = new Set<ImageRecord>();
  /** What was refused for each place: the picture that was drawn, then replacements that were no better. */
  private readonly refusals = new Map<Eligible, Refusal[]>();

  constructor(findingOf: FindingOf, before: readonly SettledBefore[]) {
    this.findingOf = findingOf;
    for (const { cohort, hashOf, personOf } of before) {
      for (const record of cohort.records) {
        this.owner.set(personOf(record), cohort.name);
        const hash = hashOf(record);
        if (hash !== undefined) this.pictures.add(hash, cohort.name, record);
      }
    }
  }

  /** Takes a candidate into a set, or notes why not. */
  take(candidate: Eligible, set: string, place: Eligible = candidate): boolean {
    const refusal = this.judge(candidate, set);
    this.used.add(candidate.record);
    if (refusal !== null) {
      this.refusals.set(place, [...(this.refusals.get(place) ?? []), refusal]);
      return false;
    }
    const { record, person } = candidate;
    const finding = this.findingOf(record);
    if (finding?.kind === "readable") this.pictures.add(finding.hash, set, record);
    if (!this.owner.has(person)) this.owner.set(person, set);
    return true;
  }

  /** Takes a replacement, passing over those that were tried before, and those whose patient is in another set. */
  replace(candidate: Eligible, place: Eligible, set: string): boolean {
    const owner = this.owner.get(candidate.person);
    if (this.used.has(candidate.record) || (owner !== undefined && owner !== set)) return false;
    return this.take(candidate, set, place);
  }

  close(set: string, place: Eligible, taken: Eligible | null): void {
    for (const refusal of this.refusals.get(place) ?? [])
      this.replaced.push({ set, new: taken?.record ?? null, ...refusal });
  }

  private judge({ record }: Eligible, set: string): Refusal | null {
    const finding = this.findingOf(record);
    if (finding === undefined || finding.kind === "awaited") return null;
    if (finding.kind === "unusable") return { old: record, reason: finding.reason, detail: finding.detail };
    const other = this.pictures.elsewhere(finding.hash, set);
    if (other === null) return null;
    const detail = `${other.id} of ${other.site} in ${other.set}`;
    return { old: record, reason: "same picture in another set", detail };
  }
}
