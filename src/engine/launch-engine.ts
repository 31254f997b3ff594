import type { Engine } from "./engine.ts";
import { connectEngine } from "./engine-client.ts";
import { startEngineProcess } from "./engine-process.ts";
import { HUNG_AFTER_MS } from "./engine-watch.ts";
import { ensurePython } from "./python-environment.ts";
import { remoteEngine } from "./remote-engine.ts";

export interface LaunchedEngine {
  readonly engine: Engine;
  readonly pid: number;
  /** Ends the engine; never throws. */
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** Hears what is going on (an installation, say). */
  readonly say?: (line: string) => void;
  /** Hears the engine's log, line by line. */
  readonly log?: (line: string) => void;
  readonly hungAfterMs?: number;
}

/** Starts an engine of our own and connects to it. The caller closes it; should we die first, it leaves by itself. */
export async function launchEngine({
  say,
  log,
  hungAfterMs = HUNG_AFTER_MS,
}: LaunchOptions = {}): Promise<LaunchedEngine> {
  const python = await ensurePython(say ?? (() => {}));
  const process = await startEngineProcess(python.executable, log);
  const connection = connectEngine(process, hungAfterMs);
  return {
    engine: remoteEngine(connection),
    pid: process.pid,
    async close() {
      connection.close();
      await process.stop();
    },
  };
}
