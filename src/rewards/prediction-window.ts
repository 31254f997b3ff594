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
  if (window.length < size) return new Set();
  const counts = new Map<Label, number>();
  for (const labels of window) for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  // Shares are compared, not counts: 63 / 90 is exactly the number 0.7, while 0.7 * 90 falls short of 63.
  return new Set(
    [...counts].filter(([, count]) => count / window.length > dominance).map(([label]) => label),
  );
}
