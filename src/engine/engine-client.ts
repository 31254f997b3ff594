import { ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { EngineProcess } from "./engine-process.ts";
import { EngineSessions } from "./engine-sessions.ts";
import { type EngineWatch, HUNG_AFTER_MS, watchEngine } from "./engine-watch.ts";
import { Engine as EngineService } from "./gen/engine_pb.ts";
import { isForeign, mayBeDeath, nameFault } from "./name-fault.ts";
import { unlessLost } from "./unless-lost.ts";

/** Pixels and gradients of a large request; the engine allows the same. */
const MESSAGE_LIMIT_BYTES = 512 * 1024 * 1024;
/** A dead process's connections break a moment before its exit is known. */
const EXIT_KNOWN_MS = 1_000;

export type EngineRpc = ReturnType<typeof createClient<typeof EngineService>>;

/** A connection to one engine process: raw verbs, each guarded by the watch and with its errors named. */
export interface EngineConnection {
  readonly rpc: EngineRpc;
  readonly watch: EngineWatch;
  /** Runs a verb; rejects as soon as the engine is lost, and names what the engine refuses. */
  call<T>(verb: (signal: AbortSignal) => Promise<T>): Promise<T>;
  close(): void;
}

/** Connects and begins to watch. */
export function connectEngine(engine: EngineProcess, hungAfterMs = HUNG_AFTER_MS): EngineConnection {
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${engine.token}`);
    return next(request);
  };
  const baseUrl = `http://127.0.0.1:${engine.port}`;
  // One connection for the engine's life: a connection that closes itself when idle does so now and then at the very
  // moment when a verb sets out on it.
  const sessions = new EngineSessions(baseUrl);
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager: sessions,
    interceptors: [authorize],
    readMaxBytes: MESSAGE_LIMIT_BYTES,
    writeMaxBytes: MESSAGE_LIMIT_BYTES,
  });
  const rpc = createClient(EngineService, transport);
  const watch = watchEngine(engine, (timeoutMs) => launchIdOf(rpc, timeoutMs), hungAfterMs);
  return {
    rpc,
    watch,
    async call(verb) {
      const abort = new AbortController();
      try {
        return await unlessLost(watch.lost, verb(abort.signal));
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        // A verb whose stream broke because the process died: the watch knows why, a moment later.
        if (!isForeign(error) && mayBeDeath(error))
          await unlessLost(watch.lost, new Promise((resolve) => setTimeout(resolve, EXIT_KNOWN_MS)));
        throw nameFault(error);
      } finally {
        abort.abort();
      }
    },
    close() {
      watch.stop();
      sessions.abort();
    },
  };
}

/** Who answers on the port: empty for a program that is not our engine. */
async function launchIdOf(rpc: EngineRpc, timeoutMs: number): Promise<string> {
  try {
    return (await rpc.describe({}, { timeoutMs })).launchId;
  } catch (error) {
    if (error instanceof ConnectError && isForeign(error)) return "";
    throw error;
  }
}
