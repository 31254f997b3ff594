import { setTimeout as delay } from "node:timers/promises";

/** Time, as calls see it: specs give another. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: Date.now,
  async sleep(ms, signal) {
    await delay(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
  },
};

/** A door that stays shut for a while: a provider that limits the rate limits all calls, not the one it answered. */
export interface PauseGate {
  /** Resolves when nobody has to wait any more, or the signal is aborted. */
  pass(signal?: AbortSignal): Promise<void>;
  /** Shuts it for so long from now, unless it is shut for longer already. */
  shut(ms: number): void;
}

export function pauseGate(clock: Clock): PauseGate {
  let opens = Number.NEGATIVE_INFINITY;
  return {
    async pass(signal) {
      for (let wait = opens - clock.now(); wait > 0 && signal?.aborted !== true; wait = opens - clock.now())
        await clock.sleep(wait, signal);
    },
    shut(ms) {
      opens = Math.max(opens, clock.now() + ms);
    },
  };
}
