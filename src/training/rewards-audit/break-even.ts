/** Steps in which the sensitivity is tried, before the first step that earns enough is halved. */
const STEPS = 20;
const PRECISION = 0.002;

/**
 * The lowest sensitivity at which a reader earns `wage` or more; null where none does. Pay need not rise all the way: a
 * reward that punishes a dominating label may pay a reader less for finding more.
 * @param pay what a reader of that sensitivity earns
 */
export function breakEven(pay: (sensitivity: number) => number, wage: number): number | null {
  const first = Array.from({ length: STEPS + 1 }, (_, step) => step).find(
    (step) => pay(step / STEPS) >= wage,
  );
  if (first === undefined) return null;
  if (first === 0) return 0;
  let [low, high] = [(first - 1) / STEPS, first / STEPS];
  while (high - low > PRECISION) {
    const middle = (low + high) / 2;
    if (pay(middle) >= wage) high = middle;
    else low = middle;
  }
  return high;
}
