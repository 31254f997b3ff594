import type { FailureReason } from "../completions/parsed-completion.ts";
import { LABELS, type Label } from "../labels/label.ts";
import type { RewardScore } from "../rewards/reward.ts";
import type { ReadCompletion } from "./rollout.ts";
import { isLooping, sameTextShare } from "./text-repetition.ts";

/**
 * What a rollout looks like, for metrics.jsonl: the paper's Figures 2 and 3 (reward, its components, length), and
 * what shows a collapse before the reward does (failures by reason, share of each label, distinct answers).
 */
export interface RolloutStatistics {
  /** Mean over completions, as its components. */
  readonly reward: number;
  readonly components: Readonly<Record<string, number>>;
  /** Mean, in tokens, end of turn included. */
  readonly length: number;
  /** Share of completions that the token limit cut off. */
  readonly truncated: number;
  /** Share of completions whose answer could not be read, strictly. */
  readonly failureRate: number;
  /** Completions by what failed them; a reason that failed none is left out. */
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  /** Answers that could be read, strictly: what the shares below are shares of. */
  readonly answers: number;
  /** Share of completions that answered with nothing: no text, or an empty solution. */
  readonly emptyAnswers: number;
  /** Share of completions that go round in circles, and of those that are, to the letter, another image's. */
  readonly looping: number;
  readonly sameText: number;
  /** Groups whose completions all earned the same: they teach nothing but the KL. */
  readonly zeroVarianceGroups: number;
  /** Share of the answers read that name each label. */
  readonly labelShares: Readonly<Record<Label, number>>;
  readonly distinctLabelSets: number;
}

/** Statistics of one rollout. @param scores one a completion, by group, then by completion */
export function rolloutStatistics(
  groups: readonly (readonly ReadCompletion[])[],
  scores: readonly RewardScore[],
): RolloutStatistics {
  const completions = groups.flat();
  const n = completions.length;
  const read = completions.flatMap(({ parsed }) => (parsed.outcome === "labels" ? [parsed] : []));
  const failures: Partial<Record<FailureReason, number>> = {};
  for (const { parsed } of completions)
    if (parsed.outcome === "failed") failures[parsed.reason] = (failures[parsed.reason] ?? 0) + 1;
  return {
    reward: meanOf(scores.map(({ total }) => total)),
    components: componentMeans(scores),
    length: meanOf(completions.map(({ sampled }) => sampled.tokens.length)),
    truncated: completions.filter(({ sampled }) => sampled.finish === "length").length / n,
    failureRate: (n - read.length) / n,
    failures,
    answers: read.length,
    emptyAnswers: completions.filter(isEmptyAnswer).length / n,
    looping: completions.filter(({ sampled }) => isLooping(sampled.text)).length / n,
    sameText: sameTextShare(groups.map((group) => group.map(({ sampled }) => sampled.text))),
    zeroVarianceGroups: countZeroVariance(groups, scores),
    labelShares: labelShares(read.map(({ labels }) => labels)),
    distinctLabelSets: new Set(read.map(({ labels }) => labels.join("|"))).size,
  };
}

const isEmptyAnswer = ({ sampled, parsed }: ReadCompletion): boolean =>
  sampled.text.trim() === "" || (parsed.outcome === "failed" && parsed.reason === "empty solution");

function labelShares(answers: readonly (readonly Label[])[]): Record<Label, number> {
  const shares = LABELS.map((label): [Label, number] => [
    label,
    answers.filter((labels) => labels.includes(label)).length / Math.max(1, answers.length),
  ]);
  return Object.fromEntries(shares) as Record<Label, number>;
}

function componentMeans(scores: readonly RewardScore[]): Record<string, number> {
  const names = [...new Set(scores.flatMap(({ components }) => Object.keys(components)))];
  return Object.fromEntries(
    names.map((name) => [name, meanOf(scores.map(({ components }) => components[name] ?? 0))]),
  );
}

function countZeroVariance(groups: readonly (readonly unknown[])[], scores: readonly RewardScore[]): number {
  let next = 0;
  return groups.filter((group) => {
    const totals = scores.slice(next, next + group.length).map(({ total }) => total);
    next += group.length;
    return totals.every((total) => total === totals[0]);
  }).length;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
