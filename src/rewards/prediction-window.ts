import type { Label } from "../labels/label.ts";

/** The latest predictions, oldest first, each a set of labels. Plain JSON: it is training state. */
export type PredictionWindow = readonly (readonly Label[])[];

/** The window after one more prediction; the oldest falls out once there are more than `size`. */
export function slide(window: PredictionWindow, labels: readonly Label[], size: number): PredictionWindow {
  return [...window, labels].slice(-size);
}

/**
 * The labels that stand in more than `dominance` (a share) of the window's predictions. None until the window is
 * full: the first prediction of a run would otherwise hold a share of 1.
 */
export function dominantLabels(window: PredictionWindow, size: number, dominance: number): Set<Label> {
  const counts = new Map<Label, number>();
  if (window.length < size) return new Set();
  for (const label of window.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  // Counts are compared, not shares: 70 / 100 > 0.7 must not hang on a rounding.
  return new Set(
    [...counts].filter(([, count]) => count > dominance * window.length).map(([label]) => label),
  );
}
