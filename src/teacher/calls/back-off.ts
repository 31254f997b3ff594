import type { RandomStream } from "../../util/random.ts";

/** Longest wait between two tries of a call that the provider did not ask for, milliseconds. */
const LONGEST_MS = 60_000;

/**
 * Milliseconds to wait before try number `tried` + 1: doubled each time up to a minute, then between half of that and all
 * of it by chance, so that calls that failed together do not come back together.
 * @param tried failures so far, from 1
 */
export function backOffMs(baseMs: number, tried: number, stream: RandomStream): number {
  const full = Math.min(LONGEST_MS, baseMs * 2 ** (tried - 1));
  return Math.round(full * (0.5 + 0.5 * stream.uniform()));
}
