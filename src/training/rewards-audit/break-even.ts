/**
 * The lowest sensitivity, to `precision`, at which a reader earns `wage` or more; null where even sensitivity 1 does not.
 * @param pay what a reader of that sensitivity earns; must not fall as the sensitivity rises
 */
export function breakEven(
  pay: (sensitivity: number) => number,
  wage: number,
  precision = 0.001,
): number | null {
  if (pay(1) < wage) return null;
  let [low, high] = [0, 1];
  while (high - low > precision) {
    const middle = (low + high) / 2;
    if (pay(middle) >= wage) high = middle;
    else low = middle;
  }
  return high;
}
