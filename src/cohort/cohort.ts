import type { ImageRecord } from "../datasets/record.ts";

/**
 * What a set of images is for: parameters are fitted on `train`, anything is picked by `choose` (checkpoints, early
 * stopping, prompts), and only `verdict` may be quoted as a result.
 */
export const COHORT_USES = ["train", "choose", "verdict"] as const;
export type CohortUse = (typeof COHORT_USES)[number];

/** A set of images for one purpose. */
export interface Cohort {
  readonly name: string;
  readonly use: CohortUse;
  /** How the images were drawn, in a sentence for the report. */
  readonly rule: string;
  readonly records: readonly ImageRecord[];
}

export const SET_ASIDE_REASONS = [
  "not frontal",
  "no positive label",
  "patient used elsewhere",
  "not drawn",
  "missing file",
  "unreadable image",
  "same picture in another set",
] as const;
export type SetAsideReason = (typeof SET_ASIDE_REASONS)[number];

/** A record that is in no set, and why. */
export interface SetAside {
  readonly site: string;
  readonly id: string;
  readonly patient: string;
  readonly reason: SetAsideReason;
}
