import { EngineError } from "./engine-error.ts";
import type { EngineProcess } from "./engine-process.ts";

/** How often the engine is asked whether it lives. */
const HEARTBEAT_MS = 2_000;
/**
 * An engine that leaves Describe unanswered for this long counts as hung. Describe has a thread of its own, so a long
 * Forward does not delay it; a native call that holds Python's interpreter lock does, for seconds at the most.
 */
export const HUNG_AFTER_MS = 60_000;

/**
 * An engine that seems to hang is asked once more with this deadline: if it was our own process that stood still (a
 * long calculation), the first deadline ran out before the answer, already there, was read.
 */
const SECOND_CHANCE_MS = 5_000;

/** What to do about a lost engine. */
const AGAIN = "run again, the work goes on from the last checkpoint";

/** Tells everybody who waits for the engine when it has died or hangs. */
export interface EngineWatch {
  /** Rejects with an EngineError when the engine is lost; never resolves. */
  readonly lost: Promise<never>;
  stop(): void;
}

/**
 * Watches a process by its exit and by its heartbeat.
 * @param launchIdOf asks the engine who it is (Describe); must reject after its own deadline.
 */
export function watchEngine(
  engine: Pick<EngineProcess, "ended" | "kill" | "launchId" | "name" | "pid">,
  launchIdOf: (deadlineMs: number) => Promise<string>,
  hungAfterMs = HUNG_AFTER_MS,
  heartbeatMs = HEARTBEAT_MS,
): EngineWatch {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let reject: (error: EngineError) => void = () => {};
  const lost = new Promise<never>((_, fail) => {
    reject = fail;
  });
  lost.catch(() => {}); // whoever waits for a verb hears of it

  const lose = (error: EngineError): void => {
    if (stopped) return;
    stop();
    reject(error);
  };
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
  };
  void engine.ended.then((why) =>
    lose(new EngineError("dead", `${engine.name} (process ${engine.pid}) ${why}: ${AGAIN}`)),
  );

  let answeredAt = performance.now();
  let isSuspect = false;
  const beat = async (): Promise<void> => {
    try {
      const answered = await launchIdOf(isSuspect ? Math.min(hungAfterMs, SECOND_CHANCE_MS) : hungAfterMs);
      if (stopped) return;
      answeredAt = performance.now();
      isSuspect = false;
      if (answered !== engine.launchId)
        lose(
          new EngineError(
            "foreign",
            `another program answers on the engine's port (launch ${answered || "unknown"}): run again`,
          ),
        );
    } catch {
      if (stopped) return;
      // The exit of a dead engine and the failing heartbeat race: let the exit, which explains itself, win.
      await Promise.race([engine.ended, new Promise((resolve) => setTimeout(resolve, 500))]);
      if (stopped) return;
      // A heartbeat that failed at once, a broken connection say, is no verdict; only silence for the whole time is.
      if (performance.now() - answeredAt < hungAfterMs) return schedule();
      if (!isSuspect) {
        isSuspect = true;
        return void beat();
      }
      lose(
        new EngineError(
          "hung",
          `${engine.name} (process ${engine.pid}) did not answer for ${hungAfterMs / 1000} s and was ended: ${AGAIN}`,
        ),
      );
      engine.kill();
    }
    if (!stopped) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => void beat(), heartbeatMs);
    timer.unref();
  };
  schedule();
  return { lost, stop };
}
