import type { Label } from "../../labels/label.ts";

/** What one label adds to a difference of macro-F1. */
export interface LabelContribution {
  readonly label: Label;
  /** The label's F1 before and after. */
  readonly from: number;
  readonly to: number;
  /** (to - from) / L: the contributions of all L labels sum to the difference. */
  readonly contribution: number;
  /** Of the difference; more than 1, or negative, where labels pull against each other; null where it is 0. */
  readonly share: number | null;
}

/** The difference of a macro-F1, label by label, largest contribution (up or down) first. */
export function contributions(
  labels: readonly { readonly label: Label; readonly from: number; readonly to: number }[],
): LabelContribution[] {
  const parts = labels.map((label) => ({ ...label, contribution: (label.to - label.from) / labels.length }));
  const total = parts.reduce((sum, { contribution }) => sum + contribution, 0);
  return parts
    .map((part) => ({ ...part, share: total === 0 ? null : part.contribution / total }))
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
}
