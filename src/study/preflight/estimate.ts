import type { Calibration } from "./calibrate.ts";
import type { Workload } from "./workload.ts";

/** Hours of each part of the line, at the speed that was measured. */
export interface TimeEstimate {
  readonly parts: readonly {
    readonly part: "pictures" | "sft" | "grpo" | "evaluation";
    readonly hours: number | null;
  }[];
  /** null where a part cannot be told. */
  readonly totalHours: number | null;
}

/**
 * How many scored completions an answer's label scores count as: 15 short ones behind one prompt and reasoning. Measured
 * on the phantom model, on one thread: 2 to 4.
 */
const LABEL_SCORE = 3;
/** Seconds in an hour. */
const HOUR = 3600;

/**
 * Work times measured speed. Answers are taken to be as long as the calibration's completions, so an untrained model
 * that runs on until it is cut off takes longer; early stopping, and larger batches than the calibration's, less.
 */
export function estimateTime(work: Workload, speed: Calibration): TimeEstimate {
  const decoding = (answers: number): number => (answers * speed.tokens) / speed.decodedPerSecond;
  const parts = [
    { part: "pictures" as const, hours: (work.images * speed.secondsPerImage) / HOUR },
    {
      part: "sft" as const,
      hours: (work.sft.trained * speed.secondsPerTrained + work.sft.scored * speed.secondsPerScored) / HOUR,
    },
    {
      part: "grpo" as const,
      hours:
        (decoding(work.grpo.sampled) +
          work.grpo.scored * speed.secondsPerScored +
          work.grpo.trained * speed.secondsPerTrained) /
        HOUR,
    },
    {
      part: "evaluation" as const,
      hours:
        work.answers === null || work.labelScored === null
          ? null
          : (decoding(work.answers) + work.labelScored * LABEL_SCORE * speed.secondsPerScored) / HOUR,
    },
  ];
  const known = parts.every(({ hours }) => hours !== null);
  return { parts, totalHours: known ? parts.reduce((sum, { hours }) => sum + (hours ?? 0), 0) : null };
}
