import { parseCompletion } from "../completions/parse-completion.ts";
import type { ParsedCompletion } from "../completions/parsed-completion.ts";
import type { Label } from "../labels/label.ts";
import { dominantLabels, type PredictionWindow, slide } from "./prediction-window.ts";
import { type Reward, type RewardedCompletion, type RewardScore, requireTruth, scoreOf } from "./reward.ts";

/** Constants of the nuanced reward, in points. Source: the paper, section 3.2.2, where not marked otherwise. */
export interface NuancedRewardSettings {
  readonly exactMatch: number;
  /** Times the correct labels over the truth's size. */
  readonly recallPoints: number;
  /** Times the correct labels over the prediction's size. */
  readonly precisionPoints: number;
  /** Labels whose false positives cost more. The paper names these two as examples. */
  readonly frequentLabels: readonly Label[];
  /** For each false positive of a frequent label. Unstated in the paper. */
  readonly frequentFalsePositive: number;
  /** For each other false positive. Unstated in the paper. */
  readonly rareFalsePositive: number;
  /** Predictions that the collapse monitor looks back on. */
  readonly windowSize: number;
  /** Share of the window's predictions above which a label dominates. */
  readonly dominance: number;
  /** For each dominating label that a completion repeats. */
  readonly excessRepetition: number;
  /** Once for a completion that repeats any dominating label. */
  readonly collapse: number;
  readonly unknownLabel: number;
  readonly duplicate: number;
  /** Once for any text outside the blocks. Unstated in the paper. */
  readonly textOutside: number;
  /** For a completion without a readable label, or without its reasoning. Unstated in the paper. */
  readonly missingBlock: number;
}

export const NUANCED_REWARD_DEFAULTS: NuancedRewardSettings = {
  exactMatch: 100,
  recallPoints: 30,
  precisionPoints: 20,
  frequentLabels: ["No Finding", "Support Devices"],
  frequentFalsePositive: 20,
  rareFalsePositive: 10,
  windowSize: 100,
  dominance: 0.7,
  excessRepetition: 30,
  collapse: 50,
  unknownLabel: 100,
  duplicate: 25,
  textOutside: 25,
  missingBlock: 100,
};

/**
 * Equation 4 of the paper: r_match + r_partial - r_FP - r_collapse - r_format, in points.
 * Readings of what the paper leaves open: the window must be full before a label can dominate; each prediction enters
 * it, in index order, before it is judged; only a completion that itself repeats a dominating label is penalised,
 * since a penalty for the whole group would cancel against its mean; completions without a label do not enter.
 * Repeated and unknown labels and text outside are read leniently, so that they cost their own penalty and no more.
 * Components: match, recall, precision, falsePositive, collapse, unknown, duplicate, outside, missing.
 */
export function nuancedReward(settings: Partial<NuancedRewardSettings> = {}): Reward<PredictionWindow> {
  const points = { ...NUANCED_REWARD_DEFAULTS, ...settings };
  return (rollout, { answer }, state) => {
    let window: PredictionWindow = state ?? [];
    const scores = rollout.map((completion) => {
      requireTruth(completion);
      const { text, finish } = completion;
      const parsed = parseCompletion(text, { finish, mode: "lenient", answer });
      if (parsed.outcome === "failed") return failedScore(parsed.unknown.length, points);
      window = slide(window, parsed.labels, points.windowSize);
      const dominant = dominantLabels(window, points.windowSize, points.dominance);
      const missing = answer === "reasoned" && parsed.think === null;
      return labelScore(completion, parsed, dominant, missing, points);
    });
    return { scores, state: window };
  };
}

/** Minus without a negative zero, which JSON would not keep. */
const minus = (value: number): number => (value === 0 ? 0 : -value);

function failedScore(unknown: number, points: NuancedRewardSettings): RewardScore {
  const { unknownLabel, missingBlock } = points;
  return scoreOf({ ...NOTHING, unknown: minus(unknown * unknownLabel), missing: minus(missingBlock) });
}

const NOTHING = {
  match: 0,
  recall: 0,
  precision: 0,
  falsePositive: 0,
  collapse: 0,
  unknown: 0,
  duplicate: 0,
  outside: 0,
  missing: 0,
};

function labelScore(
  { truth }: RewardedCompletion,
  parsed: Extract<ParsedCompletion, { outcome: "labels" }>,
  dominant: ReadonlySet<Label>,
  missing: boolean,
  points: NuancedRewardSettings,
): RewardScore {
  const { labels, unknown, duplicates, outside } = parsed;
  const correct = labels.filter((label) => truth.includes(label)).length;
  const wrong = labels.filter((label) => !truth.includes(label));
  const frequent = wrong.filter((label) => points.frequentLabels.includes(label)).length;
  const repeated = labels.filter((label) => dominant.has(label)).length;
  return scoreOf({
    match: correct === truth.length && wrong.length === 0 ? points.exactMatch : 0,
    recall: (points.recallPoints * correct) / truth.length,
    precision: (points.precisionPoints * correct) / labels.length,
    falsePositive: minus(
      frequent * points.frequentFalsePositive + (wrong.length - frequent) * points.rareFalsePositive,
    ),
    collapse: repeated === 0 ? 0 : minus(points.collapse + repeated * points.excessRepetition),
    unknown: minus(unknown.length * points.unknownLabel),
    duplicate: minus(duplicates.length * points.duplicate),
    outside: outside > 0 ? minus(points.textOutside) : 0,
    missing: missing ? minus(points.missingBlock) : 0,
  });
}
