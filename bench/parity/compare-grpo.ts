import { readFileSync } from "node:fs";
import { z } from "zod";
import { groupAdvantages } from "../../src/training/objectives/advantage.ts";
import { grpoObjective } from "../../src/training/objectives/grpo.ts";
import type { GrpoNormalisation } from "../../src/training/objectives/token-weight.ts";
import { slices } from "../../src/util/slices.ts";

const values = z.array(z.array(z.number()));
const referenceSchema = z.object({
  versions: z.record(z.string(), z.string()),
  settings: z.object({
    clipLow: z.number(),
    clipHigh: z.number(),
    beta: z.number(),
    groupSize: z.int(),
    maxTokens: z.int(),
  }),
  cases: z.array(
    z.object({
      lossType: z.enum(["dr_grpo", "dapo", "bnpo", "grpo"]),
      scaleRewards: z.enum(["none", "group"]),
      rewards: z.array(z.number()),
      advantages: z.array(z.number()),
      logprobs: values,
      oldLogprobs: values,
      referenceLogprobs: values,
      loss: z.number(),
      gradient: values,
      metrics: z.record(z.string(), z.number()),
    }),
  ),
});
type Reference = z.infer<typeof referenceSchema>;
type Case = Reference["cases"][number];

/** Ours beside TRL's on one case. */
export interface GrpoComparison {
  readonly lossType: Case["lossType"];
  readonly scaleRewards: Case["scaleRewards"];
  readonly loss: number;
  readonly trlLoss: number;
  /** |ours - TRL's| / |TRL's|; of a vector by Euclidean norms. */
  readonly lossDifference: number;
  readonly gradientDifference: number;
  readonly advantageDifference: number;
  /** Shares of tokens clipped and the mean KL, as logged; TRL averages the former over tokens too. */
  readonly clipDifference: number;
  readonly klDifference: number;
  readonly clippedLow: number;
  readonly clippedHigh: number;
}

/** What trl_grpo.py wrote, computed again by `groupAdvantages` and `grpoObjective` from the rewards and the tensors. */
export function compareGrpo(file: string): { versions: Reference["versions"]; cases: GrpoComparison[] } {
  const { versions, settings, cases } = referenceSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  return { versions, cases: cases.map((one) => compare(one, settings)) };
}

function compare(one: Case, settings: Reference["settings"]): GrpoComparison {
  const scaling = one.scaleRewards === "group" ? "standard-deviation" : "none";
  const advantages = slices(one.rewards, settings.groupSize).flatMap((group) =>
    groupAdvantages(group, scaling),
  );
  const completions = one.logprobs.map((logprobs, i) => ({
    logprobs,
    oldLogprobs: one.oldLogprobs[i] ?? [],
    referenceLogprobs: one.referenceLogprobs[i] ?? [],
    advantage: advantages[i] ?? Number.NaN,
  }));
  const { loss, gradient, sums, tokens } = grpoObjective(
    completions,
    settings,
    normalisationOf(one, settings),
  );
  const { kl = Number.NaN } = one.metrics;
  const low = sums.clippedLow / tokens;
  const high = sums.clippedHigh / tokens;
  return {
    lossType: one.lossType,
    scaleRewards: one.scaleRewards,
    loss,
    trlLoss: one.loss,
    lossDifference: distance([loss], [one.loss]),
    gradientDifference: distance(gradient.flat(), one.gradient.flat()),
    advantageDifference: distance(advantages, one.advantages),
    clipDifference: distance(
      [low, high],
      [one.metrics["clip_ratio/low_mean"] ?? Number.NaN, one.metrics["clip_ratio/high_mean"] ?? Number.NaN],
    ),
    klDifference: distance([sums.kl / tokens], [kl]),
    clippedLow: sums.clippedLow,
    clippedHigh: sums.clippedHigh,
  };
}

/** TRL's names: `dapo` and `bnpo` differ only in how micro-batches are put together, and here is one whole batch. */
function normalisationOf(
  { lossType, logprobs }: Case,
  { maxTokens }: Reference["settings"],
): GrpoNormalisation {
  const completions = logprobs.length;
  switch (lossType) {
    case "dr_grpo":
      return { kind: "constant", maxTokens, completions };
    case "grpo":
      return { kind: "sequence-mean", completions };
    case "dapo":
    case "bnpo":
      return { kind: "batch-tokens", tokens: logprobs.flat().length };
  }
}

function distance(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  const norm = (list: readonly number[]): number => Math.hypot(...list);
  return norm(ours.map((value, i) => value - (theirs[i] ?? Number.NaN))) / norm(theirs);
}
