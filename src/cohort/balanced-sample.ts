import type { Label } from "../labels/label.ts";
import { LABELS } from "../labels/label.ts";
import type { RandomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";

/**
 * The paper's "penalty-based greedy iterative sampler" (arXiv 2512.23090, section 3.1): images are picked one by one,
 * favouring those that reduce the deficit of under-represented labels and penalising those that would deepen an
 * over-represented one, until every label has its floor share. The paper gives no formula; this is ours.
 *
 * Of n images to pick, label l is to reach its floor f(l) = ceil(floorShare * n), and is in excess past its ceiling
 * u(l) = max(f(l), round(n * p(l))), p(l) being its share among the candidates. With c(l) picked so far, an image
 * whose positive labels are S scores
 *
 *     score(S) = ( sum over l in S of need(l) - PENALTY * excess(l) ) / |S|
 *     need(l)   = max(0, f(l) - c(l)) / f(l)
 *     excess(l) = max(0, c(l) + 1 - u(l)) / u(l)
 *
 * and the best is picked; ties go to a random image of those tied. The mean over S, not the sum, keeps the sampler
 * from preferring images for having many labels. While any label is below its floor, only images that carry such a
 * label are looked at; each such pick lowers the total need by at least one, so the floors are reached whenever the
 * sum of f(l) is no more than n and each label has f(l) candidates. Once all are reached, the candidates without
 * excess tie at 0, and the rest is a random draw from them.
 *
 * Images with equal labels are interchangeable: the score is computed once per set of labels, so that the cost is
 * picks * sets (1,466 among CheXpert's 191,027 frontal rows), not picks * images.
 */
export interface BalancedRequest {
  /** Images to pick. */
  readonly count: number;
  /** Share of the set that every label in `floorLabels` reaches, 0 to 1. */
  readonly floorShare: number;
  /** Labels with a floor: those that the hospital can state. */
  readonly floorLabels: readonly Label[];
  /** What the set is called in errors. */
  readonly name: string;
}

/** Weight of an excess against a need. 1: a label twice over its ceiling weighs as much as one wholly missing. */
const PENALTY = 1;

/** Scores closer than this are a tie; sums of a few fractions differ by 1e-16 with their order. */
const TIE = 1e-9;

/** An image as the sampler sees it: its positive labels, in canonical order. */
export interface Candidate {
  readonly labels: readonly Label[];
}

/**
 * Picks `count` candidates, in the order of picking. Depends on the order of the candidates and on the stream alone.
 * Throws UserError when there are too few candidates, or a label cannot reach its floor: it names the label and how
 * many exist.
 */
export function balancedSample<T extends Candidate>(
  candidates: readonly T[],
  request: BalancedRequest,
  random: RandomStream,
): T[] {
  if (candidates.length < request.count) {
    throw new UserError(
      `cohort ${request.name}: ${request.count} images asked for, ${candidates.length} can be used; ask for fewer`,
    );
  }
  const tally = makeTally(candidates, request);
  const groups = groupByLabels(candidates, random);
  const picked: T[] = [];
  while (picked.length < request.count) {
    const group = bestGroup(groups, tally, random);
    const next = group.members.pop();
    if (next === undefined) throw new Error("balancedSample: an empty group was chosen");
    for (const label of group.labels) tally.count[label]++;
    if (group.members.length === 0) groups.splice(groups.indexOf(group), 1);
    picked.push(next);
  }
  checkFloors(picked, tally, request);
  return picked;
}

/** Floor of a share in a set: the fewest images that are at least that share. */
export function floorCount(share: number, count: number): number {
  // 0.07 * 100 is 7.000000000000001: rounding noise is no image.
  return Math.ceil(share * count - 1e-9);
}

interface Tally {
  readonly count: Record<Label, number>;
  readonly floor: Record<Label, number>;
  readonly ceiling: Record<Label, number>;
}

interface Group<T> {
  readonly labels: readonly Label[];
  /** Shuffled; the next is taken from the end. */
  readonly members: T[];
}

function makeTally(candidates: readonly Candidate[], request: BalancedRequest): Tally {
  const existing = countLabels(candidates);
  const floor = perLabel((label) =>
    request.floorLabels.includes(label) ? floorCount(request.floorShare, request.count) : 0,
  );
  for (const label of LABELS) {
    if (existing[label] >= floor[label]) continue;
    throw new UserError(
      `cohort ${request.name}: ${label} is to be in ${floor[label]} of ${request.count} images ` +
        `(floor ${request.floorShare}), but only ${existing[label]} exist; lower the floor or the size`,
    );
  }
  const natural = perLabel((label) => Math.round((request.count * existing[label]) / candidates.length));
  return {
    count: perLabel(() => 0),
    floor,
    ceiling: perLabel((label) => Math.max(1, floor[label], natural[label])),
  };
}

function groupByLabels<T extends Candidate>(candidates: readonly T[], random: RandomStream): Group<T>[] {
  const groups = new Map<string, Group<T>>();
  for (const candidate of random.shuffle(candidates)) {
    const key = candidate.labels.join("|");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: candidate.labels, members: [candidate] });
    else group.members.push(candidate);
  }
  return [...groups.values()];
}

function bestGroup<T>(groups: readonly Group<T>[], tally: Tally, random: RandomStream): Group<T> {
  const needed = new Set(LABELS.filter((label) => tally.count[label] < tally.floor[label]));
  let best = Number.NEGATIVE_INFINITY;
  let tied: Group<T>[] = [];
  for (const group of groups) {
    if (needed.size > 0 && !group.labels.some((label) => needed.has(label))) continue;
    const score = scoreOf(group.labels, tally);
    if (score > best + TIE) {
      best = score;
      tied = [group];
    } else if (score > best - TIE) tied.push(group);
  }
  return drawByMembers(tied.length > 0 ? tied : groups, random);
}

function scoreOf(labels: readonly Label[], { count, floor, ceiling }: Tally): number {
  if (labels.length === 0) return 0;
  let sum = 0;
  for (const label of labels) {
    if (count[label] < floor[label]) sum += (floor[label] - count[label]) / floor[label];
    else if (count[label] >= ceiling[label])
      sum -= (PENALTY * (count[label] + 1 - ceiling[label])) / ceiling[label];
  }
  return sum / labels.length;
}

/** One of the groups, each as likely as it has members: every image of those tied is equally likely. */
function drawByMembers<T>(groups: readonly Group<T>[], random: RandomStream): Group<T> {
  let at = random.integer(groups.reduce((sum, { members }) => sum + members.length, 0));
  for (const group of groups) {
    at -= group.members.length;
    if (at < 0) return group;
  }
  throw new Error("drawByMembers: no group");
}

function checkFloors(picked: readonly Candidate[], { floor }: Tally, request: BalancedRequest): void {
  const count = countLabels(picked);
  const short = LABELS.find((label) => count[label] < floor[label]);
  if (short === undefined) return;
  throw new UserError(
    `cohort ${request.name}: ${short} reached ${count[short]} of the ${floor[short]} images its floor asks for; ` +
      `the floors of all labels do not fit into ${request.count} images: lower the floor`,
  );
}

function countLabels(candidates: readonly Candidate[]): Record<Label, number> {
  const count = perLabel(() => 0);
  for (const { labels } of candidates) for (const label of labels) count[label]++;
  return count;
}

function perLabel(value: (label: Label) => number): Record<Label, number> {
  return Object.fromEntries(LABELS.map((label) => [label, value(label)])) as Record<Label, number>;
}
