import { parseCompletion } from "../completions/parse-completion.ts";
import type { Engine } from "../engine/engine.ts";
import { type Confusion, f1 } from "../evaluation/scores.ts";
import { LABELS, type Label } from "../labels/label.ts";
import type { AnswerContract } from "../prompts/prompt.ts";
import { jaccard } from "../rewards/jaccard.ts";
import type { GrpoExample } from "./rollout.ts";

/** A hospital's images to choose a checkpoint by. */
export interface ValidationSet {
  /** The hospital's name in the study. */
  readonly data: string;
  /** The labels that it can state; what a model says beside them is neither right nor wrong. */
  readonly stated: readonly Label[];
  readonly examples: readonly GrpoExample[];
}

/** How a policy reads a validation set, greedily. A failed answer names no label. */
export interface ReaderValidation {
  /** Mean over all images, a failed answer counting 0. */
  readonly jaccard: number;
  /** Among answers that could be read; null when there is none. */
  readonly jaccardValid: number | null;
  /** Mean of the stated labels' F1, one without positives counting 0, as in the report. */
  readonly macroF1: number;
  /** F1 of all stated labels' counts together. */
  readonly microF1: number;
  readonly failureRate: number;
  readonly length: number;
}

/** The metrics that `best` may be chosen by. */
export const CHOICE_METRICS = ["jaccard", "macroF1", "microF1"] as const;
export type ChoiceMetric = (typeof CHOICE_METRICS)[number];

/** Reads a validation set and compares with its hospital's labels. */
export async function validateReader(
  engine: Engine,
  adapter: string,
  { examples, stated }: Pick<ValidationSet, "examples" | "stated">,
  { maxTokens, answer }: { maxTokens: number; answer: AnswerContract },
): Promise<ReaderValidation> {
  const groups = await engine.sample({
    // Greedy: the seed decides nothing.
    prompts: examples.map(({ handle }) => ({ handle, seeds: [0n] })),
    adapter,
    temperature: 0,
    topP: 1,
    maxTokens,
  });
  const completions = groups.flat();
  const readings = completions.map((completion, index) => {
    const parsed = parseCompletion(completion.text, { finish: completion.finish, mode: "lenient", answer });
    const predicted =
      parsed.outcome === "labels" ? parsed.labels.filter((label) => stated.includes(label)) : null;
    return { truth: examples[index]?.truth ?? [], predicted };
  });
  const scores = readings.flatMap(({ truth, predicted }) =>
    predicted === null ? [] : [jaccard(truth, predicted)],
  );
  const sum = scores.reduce((total, score) => total + score, 0);
  const counts = LABELS.filter((label) => stated.includes(label)).map((label) => confusion(readings, label));
  return {
    jaccard: sum / completions.length,
    jaccardValid: scores.length === 0 ? null : sum / scores.length,
    macroF1: counts.reduce((total, each) => total + f1(each), 0) / counts.length,
    microF1: f1(counts.reduce(pooled)),
    failureRate: 1 - scores.length / completions.length,
    length: completions.reduce((total, { tokens }) => total + tokens.length, 0) / completions.length,
  };
}

interface Read {
  readonly truth: readonly Label[];
  readonly predicted: readonly Label[] | null;
}

function confusion(readings: readonly Read[], label: Label): Confusion {
  const counts = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
  for (const { truth, predicted } of readings) {
    const isTrue = truth.includes(label);
    const isSaid = predicted?.includes(label) ?? false;
    if (isTrue && isSaid) counts.truePositive += 1;
    else if (isSaid) counts.falsePositive += 1;
    else if (isTrue) counts.falseNegative += 1;
  }
  return counts;
}

const pooled = (a: Confusion, b: Confusion): Confusion => ({
  truePositive: a.truePositive + b.truePositive,
  falsePositive: a.falsePositive + b.falsePositive,
  falseNegative: a.falseNegative + b.falseNegative,
});
