/**
 * Holm's step-down correction: p values such that calling those below alpha significant errs, over the whole family,
 * with probability at most alpha. In the order given. Reference: statsmodels' multipletests(method="holm").
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => (ps[a] as number) - (ps[b] as number));
  const adjusted = ps.map(() => 1);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, (ps.length - rank) * (ps[index] as number));
    adjusted[index] = Math.min(1, largest);
  });
  return adjusted;
}
