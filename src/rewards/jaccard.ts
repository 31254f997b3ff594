/**
 * The Jaccard index |A and B| / |A or B| of two label sets, between 0 and 1. Repetitions count once. Throws when both
 * are empty: the index is not defined there, and 1 by convention would pay an empty answer.
 */
export function jaccard<T>(a: Iterable<T>, b: Iterable<T>): number {
  const left = new Set(a);
  const right = new Set(b);
  const union = new Set([...left, ...right]).size;
  if (union === 0) throw new Error("jaccard: both sets are empty");
  return [...left].filter((item) => right.has(item)).length / union;
}
