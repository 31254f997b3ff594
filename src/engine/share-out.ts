/** A rank's part of a request. */
export interface Share<T> {
  readonly rank: number;
  readonly items: readonly T[];
  /** Where each item stands in the request. */
  readonly places: readonly number[];
}

/**
 * Deals a request's items out in turn: item i goes to rank i mod `ranks`. By the place in the request alone, so that a run
 * that goes on from a checkpoint computes everything on the rank that would have. Ranks without an item have no share; an
 * empty request is rank 0's to refuse.
 */
export function shareOut<T>(items: readonly T[], ranks: number): Share<T>[] {
  const shares = Array.from({ length: ranks }, (_, rank) => {
    const places = items.flatMap((_item, place) => (place % ranks === rank ? [place] : []));
    return { rank, places, items: items.filter((_item, place) => place % ranks === rank) };
  });
  return shares.filter(({ rank, places }) => places.length > 0 || (items.length === 0 && rank === 0));
}

/** The ranks' answers, one an item, back in the request's order. */
export function inOrder<T, A>(shares: readonly Share<T>[], answers: readonly (readonly A[])[]): A[] {
  const ordered: A[] = [];
  for (const [index, { rank, places }] of shares.entries()) {
    const own = answers[index] ?? [];
    if (own.length !== places.length)
      throw new Error(`rank ${rank} gave ${own.length} answers to ${places.length} items`);
    for (const [at, place] of places.entries()) ordered[place] = own[at] as A;
  }
  return ordered;
}
