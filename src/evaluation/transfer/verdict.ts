/**
 * What a change from one checkpoint (or recipe) to the next did at home and away, read off the intervals of the two
 * paired differences, in this order. The margin delta (> 0) is declared before the readings are looked at.
 *
 * 1. `benchmark-only`  home low > 0 and away high < 0
 * 2. `transfers`       home low > 0 and away low > -delta
 * 3. `trades`          home high < 0 and away low > 0
 * 4. `regresses`       home high < 0 or away high < 0, and neither low > 0
 * 5. `unchanged`       both intervals inside (-delta, delta)
 * 6. `inconclusive`    everything else
 *
 * The first four are directional: each says that something moved. With both intervals at level 1 - a, each of
 * benchmark-only, transfers and trades is wrong with probability at most a / 2 (two conditions must hold, of which a
 * wrong verdict has one by chance); regresses with at most a (either side may fall by chance). Where nothing moved at all
 * a false verdict begins with one of three bounds (home low, home high, away high) on the wrong side of 0, so some verdict
 * is false with probability at most 1.5 a, and no true difference makes that more. `INTERVAL_ALPHA` allows for it.
 */
export const VERDICTS = [
  "benchmark-only",
  "transfers",
  "trades",
  "regresses",
  "unchanged",
  "inconclusive",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** With which probability a directional verdict may be false, whatever the true differences. */
export const VERDICT_ALPHA = 0.05;
/** 1 - level of the intervals that a single verdict is read from: 1.5 of it are VERDICT_ALPHA. */
export const INTERVAL_ALPHA = VERDICT_ALPHA / 1.5;

/** The interval of a difference. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** The verdict of two intervals. */
export function verdictOf(home: Bounds, away: Bounds, delta: number): Verdict {
  const homeUp = home.low > 0;
  const awayUp = away.low > 0;
  const homeDown = home.high < 0;
  const awayDown = away.high < 0;
  if (homeUp && awayDown) return "benchmark-only";
  if (homeUp && away.low > -delta) return "transfers";
  if (homeDown && awayUp) return "trades";
  if ((homeDown || awayDown) && !homeUp && !awayUp) return "regresses";
  if (isWithin(home, delta) && isWithin(away, delta)) return "unchanged";
  return "inconclusive";
}

function isWithin({ low, high }: Bounds, delta: number): boolean {
  return low > -delta && high < delta;
}

/** Whether a verdict says that something moved. */
export function isDirectional(verdict: Verdict): boolean {
  return verdict !== "unchanged" && verdict !== "inconclusive";
}

/** Whether a verdict says what is not so, given the true differences. `inconclusive` says nothing. */
export function isContradicted(
  verdict: Verdict,
  truth: { readonly home: number; readonly away: number },
  delta: number,
): boolean {
  const { home, away } = truth;
  switch (verdict) {
    case "benchmark-only":
      return home <= 0 || away >= 0;
    case "transfers":
      return home <= 0 || away <= -delta;
    case "trades":
      return home >= 0 || away <= 0;
    case "regresses":
      return home >= 0 && away >= 0;
    case "unchanged":
      return Math.abs(home) >= delta || Math.abs(away) >= delta;
    case "inconclusive":
      return false;
  }
}
