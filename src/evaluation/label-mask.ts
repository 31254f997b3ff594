import { LABELS, type Label } from "../labels/label.ts";

/** A set of labels as an integer: bit j stands for LABELS[j]. */
export type LabelMask = number;

const BIT = new Map<Label, number>(LABELS.map((label, index) => [label, 1 << index]));

/** The mask of a set of labels. */
export function maskOf(labels: Iterable<Label>): LabelMask {
  let mask = 0;
  for (const label of labels) mask |= BIT.get(label) ?? 0;
  return mask;
}

/** The labels of a mask, in canonical order. */
export function labelsOf(mask: LabelMask): Label[] {
  return LABELS.filter((_, index) => (mask >> index) & 1);
}

/** The number of labels in a mask. */
export function sizeOf(mask: LabelMask): number {
  let rest = mask - ((mask >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return (((rest + (rest >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Least common multiple of 1 to 14, the sizes a union of label sets can have. */
export const JACCARD_UNITS = 360_360;

/**
 * |a and b| / |a or b| in units of 1/360360, always a whole number, so that sums of it are exact and do not depend on
 * their order. Two empty sets give 0, as 0/0 does everywhere here.
 */
export function jaccardUnits(a: LabelMask, b: LabelMask): number {
  const union = sizeOf(a | b);
  return union === 0 ? 0 : (JACCARD_UNITS / union) * sizeOf(a & b);
}
