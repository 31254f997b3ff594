/**
 * The clipped surrogate of one token (PPO, Schulman et al. 2017, equation 7), with a bound of its own on either side
 * ("clip higher", DAPO, Yu et al. 2025; the paper: 0.15 and 0.22):
 *
 *   S = min(r A, clip(r, 1 - low, 1 + high) A),   dS/d log pi = r A, or 0 where the minimum is the clipped, constant branch
 *
 * since d r / d log pi = r. A token is clipped only on the side that would overshoot: a good token that became rarer
 * (r < 1 - low, A > 0) may still be raised.
 */
export interface ClipBounds {
  readonly clipLow: number;
  readonly clipHigh: number;
}

export interface Surrogate {
  readonly value: number;
  /** With respect to the token's log-probability. */
  readonly slope: number;
  /** `low`: a bad token at its lower bound; `high`: a good one at its upper. Neither has a gradient left. */
  readonly clipped: "no" | "low" | "high";
}

/** @param ratio pi(t) / pi_old(t) of this token */
export function clippedSurrogate(
  ratio: number,
  advantage: number,
  { clipLow, clipHigh }: ClipBounds,
): Surrogate {
  const clippedRatio = Math.min(Math.max(ratio, 1 - clipLow), 1 + clipHigh);
  const value = Math.min(ratio * advantage, clippedRatio * advantage);
  const isClipped = clippedRatio * advantage < ratio * advantage;
  return {
    value,
    slope: isClipped ? 0 : ratio * advantage,
    clipped: isClipped ? (ratio < 1 ? "low" : "high") : "no",
  };
}
