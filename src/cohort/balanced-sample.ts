import { byLabel, LABELS, type Label } from "../labels/label.ts";
import type { RandomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";

/**
 * The paper's "penalty-based greedy iterative sampler" (arXiv 2512.23090, section 3.1): images are picked one by one,
 * favouring those that reduce the deficit of under-represented labels and penalising those that would deepen an
 * over-represented one, until every label has its floor share. The paper gives no formula; this is ours.
 *
 * Of n images to pick, label l is to end at the target
 *
 *     t(l) = max(f(l), n * p(l)),   f(l) = ceil(floorShare * n),   p(l) its share among the candidates.
 *
 * With c(l) of it among the first k, the k+1st is the image whose positive labels S most decrease
 *
 *     sum over l of (t(l) * (k + 1) / n - c(l))^2 / t(l),
 *
 * the chi-square distance from a sample that is on its way, that is, the image of the highest
 *
 *     score(S) = sum over l in S of (2 * (t(l) * (k + 1) / n - c(l)) - 1) / t(l):
 *
 * positive for a label behind its target, negative for one ahead of it. The best of PROPOSALS images, drawn at random
 * from all that are left, is picked. Proposals are as frequent as their labels are together, so that co-occurrence
 * stays that of the source; the cost is picks * PROPOSALS, whatever the number of candidates.
 *
 * As soon as the images left to pick are no more than the labels' missing floors together, only images that carry a
 * missing label are proposed. Each such pick lowers the missing total by at least one, so the floors are reached
 * whenever the sum of f(l) is at most n and each label has f(l) candidates.
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

/**
 * Images among which the best is picked. On CheXpert's training rows every number from 4 on meets all targets within
 * an image or two. With 16, shares of label pairs are 0.28 percentage points from the source's on average, where a random
 * sample's are 0.20; with all images proposed, grouped by label set, they are 0.71 and picking takes 19 times as long
 * (bench/results/cohort-size.json).
 */
export const PROPOSALS = 16;

/** An image as the sampler sees it: its positive labels. */
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
  const goals = sampleGoals(candidates, request);
  const count = byLabel(() => 0);
  const picked: T[] = [];
  const taken = new Set<T>();
  let pool: { readonly needed: string; readonly left: T[] } = { needed: "", left: [...candidates] };
  while (picked.length < request.count) {
    const needed = neededLabels(goals.floor, count, request.count - picked.length);
    const key = needed.join("|");
    if (key !== pool.needed) pool = { needed: key, left: poolOf(candidates, taken, needed) };
    const score = (labels: readonly Label[]) =>
      scoreOf(labels, count, goals, (picked.length + 1) / request.count);
    const best = takeBest(pool.left, score, random);
    if (best === undefined) break;
    for (const label of best.labels) count[label]++;
    taken.add(best);
    picked.push(best);
  }
  checkFloors(count, goals, request);
  return picked;
}

/** The fewest images that are at least a share of a set. */
export function floorCount(share: number, count: number): number {
  // 0.07 * 100 is 7.000000000000001: rounding noise is no image.
  return Math.max(0, Math.ceil(share * count - 1e-9));
}

/** Images that each label is in. */
export type LabelCounts = Readonly<Record<Label, number>>;

/** How many images of a balanced set each label is to be in, f(l) at least and t(l) if possible. */
export interface SampleGoals {
  readonly floor: LabelCounts;
  readonly target: LabelCounts;
}

/** The goals of a set drawn from these candidates. Throws UserError naming a label that cannot reach its floor. */
export function sampleGoals(candidates: readonly Candidate[], request: BalancedRequest): SampleGoals {
  const { count, floorShare, floorLabels, name } = request;
  const existing = byLabel(() => 0);
  for (const { labels } of candidates) for (const label of labels) existing[label]++;
  const floor = byLabel((label) => (floorLabels.includes(label) ? floorCount(floorShare, count) : 0));
  const scarce = LABELS.find((label) => existing[label] < floor[label]);
  if (scarce !== undefined) {
    throw new UserError(
      `cohort ${name}: ${scarce} is to be in ${floor[scarce]} of ${count} images (floor ${floorShare}), ` +
        `but only ${existing[scarce]} exist; lower the floor or the size`,
    );
  }
  const target = byLabel((label) => Math.max(floor[label], (count * existing[label]) / candidates.length));
  return { floor, target };
}

/** The labels whose floor is not reached, once all images left to pick are needed for them; before, none. */
function neededLabels(floor: LabelCounts, count: LabelCounts, remaining: number): Label[] {
  let missing = 0;
  for (const label of LABELS) missing += Math.max(0, floor[label] - count[label]);
  return missing < remaining ? [] : LABELS.filter((label) => count[label] < floor[label]);
}

function poolOf<T extends Candidate>(
  candidates: readonly T[],
  taken: ReadonlySet<T>,
  needed: readonly Label[],
): T[] {
  const carries = ({ labels }: T): boolean =>
    needed.length === 0 || labels.some((label) => needed.includes(label));
  return candidates.filter((candidate) => !taken.has(candidate) && carries(candidate));
}

/** Takes the best of a few random candidates out of the pool; the first of equals, which are in random order. */
function takeBest<T extends Candidate>(
  pool: T[],
  score: (labels: readonly Label[]) => number,
  random: RandomStream,
): T | undefined {
  let best = Number.NEGATIVE_INFINITY;
  let at = -1;
  for (let proposal = 0; proposal < PROPOSALS && pool.length > 0; proposal++) {
    const index = random.integer(pool.length);
    const value = score(pool[index]?.labels ?? []);
    if (value > best) {
      best = value;
      at = index;
    }
  }
  const chosen = pool[at];
  const last = pool.pop();
  if (last !== undefined && at < pool.length) pool[at] = last;
  return chosen;
}

/** score(S) of the formula above, for the image that makes the set `progress` (0 to 1) of its size. */
export function scoreOf(
  labels: readonly Label[],
  count: LabelCounts,
  { target }: SampleGoals,
  progress: number,
): number {
  let score = 0;
  for (const label of labels) score += (2 * (target[label] * progress - count[label]) - 1) / target[label];
  return score;
}

/** Throws UserError when a label is in fewer images than its floor. */
export function checkFloors(count: LabelCounts, { floor }: SampleGoals, request: BalancedRequest): void {
  const short = LABELS.find((label) => count[label] < floor[label]);
  if (short === undefined) return;
  throw new UserError(
    `cohort ${request.name}: ${short} reached ${count[short]} of the ${floor[short]} images its floor asks for; ` +
      `the floors of all labels do not fit into ${request.count} images: lower the floor`,
  );
}
