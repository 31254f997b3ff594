import type { AdamWSettings, Engine, StepResult } from "../engine/engine.ts";
import { forEachMicroBatch, type MicroBatching } from "./micro-batches.ts";
import { type GrpoSettings, grpoObjective } from "./objectives/grpo.ts";
import type { GrpoNormalisation } from "./objectives/token-weight.ts";

/** One image's completions with what the loss needs of them. */
export interface RolloutGroup {
  readonly handle: string;
  /** Length of the prompt, image tokens included. */
  readonly promptTokens: number;
  /** (G, T) */
  readonly tokens: TokenValues;
  /** (G) */
  readonly advantages: readonly number[];
  /** Under the frozen reference, (G, T). */
  readonly referenceLogprobs: TokenValues;
}

/** Which average the token terms take; the batch's sizes are filled in from the rollout. */
export type NormalisationName = GrpoNormalisation["kind"];

export interface UpdateSettings {
  readonly objective: GrpoSettings;
  readonly normalisation: NormalisationName;
  /** Completions of the rollout, those without a gradient included. */
  readonly completions: number;
  /** Maximum new tokens: Dr. GRPO's constant. */
  readonly maxTokens: number;
  readonly temperature: number;
  /** What one Forward takes. */
  readonly batching: MicroBatching;
}

export interface UpdateDiagnostics {
  readonly loss: number;
  /** Means over tokens. */
  readonly kl: number;
  readonly ratio: number;
  /** Of single tokens; null when there was none. */
  readonly ratioMin: number | null;
  readonly ratioMax: number | null;
  /** Share of tokens without a gradient because of the clip: both bounds, and each. */
  readonly clipFraction: number;
  readonly clipFractionLow: number;
  readonly clipFractionHigh: number;
  readonly entropy: number;
  readonly gradientNorm: number;
  readonly outcome: StepResult["outcome"];
}

/** Log-probabilities of the rollout's tokens under the rollout policy, (groups, G, T). */
export type OldLogprobs = readonly TokenValues[];

/** A group's values, one a token, (G, T). */
type TokenValues = readonly (readonly number[])[];

/**
 * One update of the policy on a whole rollout batch.
 *
 * `old` is null for the first update of a batch: the policy has not moved since it sampled, so this very Forward gives
 * the old log-probabilities (a ratio of exactly 1), which are returned for the updates after it. They never come from
 * sampling, whose arithmetic differs in the last digits.
 */
export async function grpoUpdate(
  engine: Engine,
  adapter: string,
  groups: readonly RolloutGroup[],
  old: OldLogprobs | null,
  step: number,
  adamw: AdamWSettings,
  settings: UpdateSettings,
): Promise<{ diagnostics: UpdateDiagnostics; old: OldLogprobs }> {
  const normalisation = normalisationOf(groups, settings);
  const totals = { loss: 0, kl: 0, ratio: 0, clippedLow: 0, clippedHigh: 0, entropy: 0, tokens: 0 };
  const ratios = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
  const kept: TokenValues[] = groups.map(() => []);
  await engine.zeroGrad(adapter);
  await forEachMicroBatch(groups.map(sizedGroup), settings.batching, async (micro) => {
    const forward = await engine.forward({
      groups: micro.map(({ row }) => ({ handle: row.handle, completions: row.tokens })),
      adapter,
      temperature: settings.temperature,
      keepGraph: true,
    });
    const logprobs = forward.groups.map((group) => group.map(({ logprob }) => logprob));
    const oldOfMicro = old === null ? logprobs : micro.map(({ place }) => old[place]);
    const completions = micro.flatMap(({ row: group }, g) =>
      group.tokens.map((_, i) => ({
        logprobs: at(logprobs[g], i),
        oldLogprobs: at(oldOfMicro[g], i),
        referenceLogprobs: at(group.referenceLogprobs, i),
        advantage: at(group.advantages, i),
      })),
    );
    const objective = grpoObjective(completions, settings.objective, normalisation);
    await engine.backward(
      forward.ticket,
      regroup(
        objective.gradient,
        micro.map(({ row }) => row),
      ),
    );
    for (const [g, { place }] of micro.entries()) kept[place] = oldOfMicro[g] ?? [];
    totals.loss += objective.loss;
    totals.tokens += objective.tokens;
    totals.kl += objective.sums.kl;
    totals.ratio += objective.sums.ratio;
    totals.clippedLow += objective.sums.clippedLow;
    totals.clippedHigh += objective.sums.clippedHigh;
    ratios.min = Math.min(ratios.min, objective.ratioMin);
    ratios.max = Math.max(ratios.max, objective.ratioMax);
    for (const { entropy } of forward.groups.flat()) for (const value of entropy) totals.entropy += value;
  });
  const { gradientNorm, outcome } = await engine.step(adapter, step, adamw);
  const mean = (sum: number): number => sum / totals.tokens;
  return {
    old: kept,
    diagnostics: {
      loss: totals.loss,
      kl: mean(totals.kl),
      ratio: mean(totals.ratio),
      ratioMin: totals.tokens === 0 ? null : ratios.min,
      ratioMax: totals.tokens === 0 ? null : ratios.max,
      clipFraction: mean(totals.clippedLow + totals.clippedHigh),
      clipFractionLow: mean(totals.clippedLow),
      clipFractionHigh: mean(totals.clippedHigh),
      entropy: mean(totals.entropy),
      gradientNorm,
      outcome,
    },
  };
}

/** A group as a row of a Forward: its prompt is there once. */
export function sizedGroup<T extends Pick<RolloutGroup, "promptTokens" | "tokens">>(group: T) {
  const completionTokens = group.tokens.reduce((sum, tokens) => sum + tokens.length, 0);
  return { ...group, completionTokens };
}

/** A completion's value; a missing one must not pass for 0. */
function at<T>(values: readonly T[] | undefined, completion: number): T {
  const value = values?.[completion];
  if (value === undefined) throw new Error(`grpo: completion ${completion} of a group lacks a value`);
  return value;
}

function normalisationOf(groups: readonly RolloutGroup[], settings: UpdateSettings): GrpoNormalisation {
  const { completions } = settings;
  switch (settings.normalisation) {
    case "constant":
      return { kind: "constant", maxTokens: settings.maxTokens, completions };
    case "batch-tokens":
      return {
        kind: "batch-tokens",
        tokens: groups.flatMap((g) => g.tokens).reduce((sum, t) => sum + t.length, 0),
      };
    case "sequence-mean":
      return { kind: "sequence-mean", completions };
  }
}

/** (completions, T) back into (groups, G, T). */
function regroup(gradient: readonly number[][], groups: readonly RolloutGroup[]): number[][][] {
  let next = 0;
  return groups.map(({ tokens }) => {
    const part = gradient.slice(next, next + tokens.length);
    next += tokens.length;
    return part;
  });
}
