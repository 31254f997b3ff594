import type { Engine, PreparedPrompt } from "./engine.ts";
import { EngineError } from "./engine-error.ts";
import { unlessLost } from "./unless-lost.ts";

/** An engine that can hand its prompts to another of the same launch. */
export interface RankEngine extends Engine {
  exportPrompt(handle: string): Promise<Uint8Array>;
  importPrompt(data: Uint8Array): Promise<PreparedPrompt>;
}

/** One of several engines that share the work. */
export interface Rank {
  readonly engine: RankEngine;
  /** Rejects when the rank is dead or hangs; never resolves. */
  readonly lost: Promise<never>;
}

/** A call to one rank. */
export interface RankCall<T> {
  readonly rank: number;
  readonly answer: Promise<T>;
}

/** When a rank dies, the others' calls may fail a moment before its exit is known. */
const EXIT_KNOWN_MS = 2_000;

/**
 * Waits for calls to several ranks, to their end even when one fails, so that none computes on unheard; gives their
 * answers. A rank that is lost ends the waiting at once, whichever ranks were asked.
 * @param onPartly hears which ranks did it, when others did not
 * @throws EngineError of the lost rank, else the first failure by rank, with its number
 */
export async function together<T>(
  lost: Promise<never>,
  calls: readonly RankCall<T>[],
  onPartly: (done: readonly number[]) => void = () => {},
): Promise<T[]> {
  const settled = await unlessLost(lost, Promise.allSettled(calls.map(({ answer }) => answer)));
  const failures = settled.flatMap((one, at) =>
    one.status === "rejected" ? [{ rank: calls[at]?.rank ?? 0, error: one.reason as unknown }] : [],
  );
  const [first] = failures;
  if (first === undefined) return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (failures.length < calls.length)
    onPartly(calls.flatMap(({ rank }) => (failures.some((failure) => failure.rank === rank) ? [] : [rank])));
  if (failures.some(({ error }) => mayComeOfALostRank(error)))
    await unlessLost(lost, new Promise((resolve) => setTimeout(resolve, EXIT_KNOWN_MS)));
  const isSame =
    failures.length === calls.length && failures.every(({ error }) => isAlike(error, first.error));
  throw isSame ? first.error : withRank(first.error, first.rank);
}

/** The gradients' sum breaks off, as an error of the engine, on the ranks that are left. */
function mayComeOfALostRank(error: unknown): boolean {
  return error instanceof EngineError && (error.fault === "failed" || error.fault === "dead");
}

const isAlike = (a: unknown, b: unknown): boolean =>
  a === b || (a instanceof Error && b instanceof Error && a.message === b.message);

function withRank(error: unknown, rank: number): unknown {
  return error instanceof EngineError
    ? new EngineError(error.fault, `rank ${rank}: ${error.message}`, { cause: error })
    : error;
}
