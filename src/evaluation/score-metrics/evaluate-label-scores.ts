import type { Label } from "../../labels/label.ts";
import { LEVEL, RESAMPLES } from "../estimate-tree.ts";
import type { Evaluation } from "../evaluate.ts";
import type { FailedAs } from "../label-sheet.ts";
import { evaluateScores, type ScoreEvaluation, type ScoreOptions } from "./evaluate-scores.ts";
import type { ScoredReading } from "./label-scorer.ts";

/** One model's scores of the labels on one hospital, or on a part of its test set. */
export interface ScoredSet {
  readonly model: string;
  readonly data: string;
  /** The labels that this hospital is able to state. */
  readonly stated: readonly Label[];
  /** Images that the model read; those that were scored may be fewer. */
  readonly of: number;
  readonly readings: readonly ScoredReading[];
}

/** How well a model's scores rank and how far its probabilities can be believed, ready for JSON. */
export interface LabelScoreEvaluation {
  readonly schema: "chexreason.label-scores/1";
  readonly model: string;
  readonly data: string;
  /** Images scored, of those that the model read. */
  readonly n: number;
  readonly of: number;
  readonly scores: Readonly<Record<FailedAs, ScoreEvaluation>>;
  readonly interval: Evaluation["interval"];
}

/** Evaluates a model's scores on one hospital, failed answers read in both ways. */
export function evaluateLabelScores(set: ScoredSet, options: ScoreOptions): LabelScoreEvaluation {
  const { model, data, stated, of, readings } = set;
  const { resamples = RESAMPLES, seed = 0, level = LEVEL } = options;
  const asEmpty = evaluateScores(readings, stated, "as-empty", options);
  // Where no answer failed the two ways are one, and a second bootstrap would only give the same numbers.
  const leftOut = readings.every(({ scores }) => scores !== null)
    ? { ...asEmpty, failed: "left-out" as const }
    : evaluateScores(readings, stated, "left-out", options);
  const scores: Record<FailedAs, ScoreEvaluation> = { "as-empty": asEmpty, "left-out": leftOut };
  return {
    schema: "chexreason.label-scores/1",
    model,
    data,
    n: readings.length,
    of,
    scores,
    interval: { method: "percentile bootstrap over patients", level, resamples, seed },
  };
}
