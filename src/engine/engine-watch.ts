import { EngineError } from "./engine-error.ts";
import type { EngineProcess } from "./engine-process.ts";

/** How often the engine is asked whether it lives. */
const HEARTBEAT_MS = 2_000;
/**
 * An engine that leaves Describe unanswered for this long counts as hung. Describe has a thread of its own, so a long
 * Forward does not delay it; a native call that holds Python's interpreter lock does, for seconds at the most.
 */
export const HUNG_AFTER_MS = 60_000;

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
  engine: Pick<EngineProcess, "ended" | "kill" | "launchId" | "pid">,
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
  void engine.ended.then((why) => lose(new EngineError("dead", `the engine (process ${engine.pid}) ${why}`)));

  const beat = async (): Promise<void> => {
    try {
      const answered = await launchIdOf(hungAfterMs);
      if (stopped) return;
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
      lose(
        new EngineError(
          "hung",
          `the engine (process ${engine.pid}) did not answer for ${hungAfterMs / 1000} s and was ended: run again, the work goes on from the last checkpoint`,
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
