import { byLabel } from "../labels/label.ts";
import {
  type BalancedRequest,
  type Candidate,
  checkFloors,
  type LabelCounts,
  type SampleGoals,
  scoreOf,
} from "./balanced-sample.ts";
import { groupByLabels, labelKey } from "./label-groups.ts";

/** Where the pictures come from that take the place of unusable ones. */
export type Reserve<T extends Candidate> =
  /** The draw goes on: the next in its random order. */
  | { readonly kind: "in order"; readonly candidates: readonly T[] }
  /** The balanced sampler goes on; `candidates` are in random order. */
  | {
      readonly kind: "balanced";
      readonly candidates: readonly T[];
      readonly goals: SampleGoals;
      readonly request: BalancedRequest;
    };

/** A candidate offered for a lost picture's place; false when it cannot be used. Called once for each candidate. */
export type Accept<T> = (candidate: T, lost: T) => boolean;

/**
 * The pictures that take the places of `lost`, in that order; null where no candidate is left.
 *
 * In a balanced set a lost picture is replaced by the next of exactly its labels, which leaves every share and pair as
 * drawn. Where none is left, by the next of the label set that covers the most labels below their floor, and of those
 * the one of the sampler's highest score. Throws UserError when a floor is then not reached.
 */
export function replaceLost<T extends Candidate>(
  lost: readonly T[],
  kept: readonly T[],
  reserve: Reserve<T>,
  accept: Accept<T>,
): (T | null)[] {
  if (reserve.kind === "balanced") return replaceBalanced(lost, kept, reserve, accept);
  const candidates = [...reserve.candidates].reverse();
  return lost.map((place) => takeFrom(candidates, place, accept));
}

/** The first that is accepted from a list whose first stands last. */
function takeFrom<T>(candidates: T[] | undefined, place: T, accept: Accept<T>): T | null {
  for (let next = candidates?.pop(); next !== undefined; next = candidates?.pop())
    if (accept(next, place)) return next;
  return null;
}

function replaceBalanced<T extends Candidate>(
  lost: readonly T[],
  kept: readonly T[],
  { candidates, goals, request }: Extract<Reserve<T>, { kind: "balanced" }>,
  accept: Accept<T>,
): (T | null)[] {
  const groups = groupByLabels([...candidates].reverse());
  const found = lost.map((place) => takeFrom(groups.get(labelKey(place)), place, accept));
  const count: Record<keyof LabelCounts, number> = byLabel(() => 0);
  let size = 0;
  const add = ({ labels }: T): void => {
    for (const label of labels) count[label]++;
    size++;
  };
  for (const candidate of kept) add(candidate);
  for (const candidate of found) if (candidate !== null) add(candidate);
  for (const [at, place] of lost.entries()) {
    if (found[at] !== null) continue;
    const taken = takeBestGroup(groups, place, accept, (labels) => [
      labels.filter((label) => count[label] < goals.floor[label]).length,
      scoreOf(labels, count, goals, (size + 1) / request.count),
    ]);
    if (taken === null) return found;
    add(taken);
    found[at] = taken;
  }
  checkFloors(count, goals, request);
  return found;
}

/** The next of the best group that has one which is accepted. */
function takeBestGroup<T extends Candidate>(
  groups: Map<string, T[]>,
  place: T,
  accept: Accept<T>,
  rank: (labels: T["labels"]) => readonly [number, number],
): T | null {
  for (;;) {
    let best: { readonly group: T[]; readonly rank: readonly [number, number] } | null = null;
    for (const group of groups.values()) {
      const last = group.at(-1);
      if (last === undefined) continue;
      const own = rank(last.labels);
      if (best === null || own[0] > best.rank[0] || (own[0] === best.rank[0] && own[1] > best.rank[1]))
        best = { group, rank: own };
    }
    if (best === null) return null;
    const candidate = best.group.pop();
    if (candidate !== undefined && accept(candidate, place)) return candidate;
  }
}
