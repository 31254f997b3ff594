/** One verdict of a family, and the level of the intervals that it was read from. */
export interface HolmReading<T> {
  readonly value: T;
  /** Of the intervals: 1 - alpha / (verdicts that were still open). */
  readonly level: number;
}

/**
 * Holm's step-down procedure, by intervals. Of m verdicts all are read from intervals at level 1 - alpha / m. Those that
 * are decided keep that reading; the other r are read again at 1 - alpha / r, and so on until a round decides none.
 * These are Holm's own decisions: with p the smallest alpha at which a verdict is decided, a round decides all
 * p <= alpha / r, and Holm's k-th smallest p is compared with alpha / (m - k + 1).
 *
 * It needs nested intervals: a verdict decided at one level must be decided at every lower one (the directional verdicts
 * are, see `verdict.spec.ts`). The family's chance of a false decision is that of one verdict at alpha where a false
 * decision means rejecting a true hypothesis. That the direction is right as well is proven for independent statistics
 * (Shaffer 1980) and here, where two verdicts share a home hospital or a model, measured (docs/transfer.md).
 *
 * Reference: Holm 1979, "A simple sequentially rejective multiple test procedure".
 *
 * @param count m, the verdicts of the family
 * @param read the verdict of one member from intervals of a level
 */
export function holmIntervals<T>(
  count: number,
  alpha: number,
  read: (index: number, level: number) => T,
  isDecided: (value: T) => boolean,
): HolmReading<T>[] {
  const readings = new Map<number, HolmReading<T>>();
  let open = Array.from({ length: count }, (_, index) => index);
  while (open.length > 0) {
    const level = 1 - alpha / open.length;
    const round = open.map((index) => ({ index, reading: { value: read(index, level), level } }));
    const decided = round.filter(({ reading }) => isDecided(reading.value));
    for (const { index, reading } of decided.length === 0 ? round : decided) readings.set(index, reading);
    open = open.filter((index) => !readings.has(index));
  }
  return [...readings].sort(([a], [b]) => a - b).map(([, reading]) => reading);
}
