import type { Candidate } from "./balanced-sample.ts";

/**
 * Candidates by their label set, each group in the order given. All of a group have the same score, so that finding
 * the best candidate costs as much as there are label sets (1,465 among CheXpert's 191,000 frontal training images).
 */
export function groupByLabels<T extends Candidate>(candidates: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const candidate of candidates) {
    const key = labelKey(candidate);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [candidate]);
    else group.push(candidate);
  }
  return groups;
}

/** A label set as a key; labels are in canonical order. */
export function labelKey({ labels }: Candidate): string {
  return labels.join("|");
}
