import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { EngineError } from "./engine-error.ts";
import type { EngineProcess } from "./engine-process.ts";
import { type EngineWatch, HUNG_AFTER_MS, watchEngine } from "./engine-watch.ts";
import { Engine as EngineService } from "./gen/engine_pb.ts";

/** Pixels and gradients of a large request; the engine allows the same. */
const MESSAGE_LIMIT_BYTES = 512 * 1024 * 1024;

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
  const transport = createGrpcTransport({
    baseUrl: `http://127.0.0.1:${engine.port}`,
    interceptors: [authorize],
    readMaxBytes: MESSAGE_LIMIT_BYTES,
    writeMaxBytes: MESSAGE_LIMIT_BYTES,
    idleConnectionTimeoutMs: 1_000,
  });
  const rpc = createClient(EngineService, transport);
  const watch = watchEngine(
    engine,
    async (timeoutMs) => (await rpc.describe({}, { timeoutMs })).launchId,
    hungAfterMs,
  );
  return {
    rpc,
    watch,
    async call(verb) {
      const abort = new AbortController();
      try {
        return await Promise.race([verb(abort.signal), watch.lost]);
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        // A verb whose stream broke because the process died: the watch knows why, a moment later.
        if (error.code === Code.Unavailable || error.code === Code.Internal || error.code === Code.Unknown)
          await Promise.race([watch.lost, new Promise((resolve) => setTimeout(resolve, 1_000))]);
        throw nameFault(error);
      } finally {
        abort.abort();
      }
    },
    close: () => watch.stop(),
  };
}

function nameFault(error: ConnectError): EngineError {
  const text = error.rawMessage;
  switch (error.code) {
    case Code.ResourceExhausted:
      return new EngineError("out-of-memory", `engine: ${text}`, { cause: error });
    case Code.NotFound:
      return new EngineError("stale", `engine: ${text}`, { cause: error });
    case Code.Unauthenticated:
      return new EngineError("foreign", `the program on the engine's port refuses our token: ${text}`, {
        cause: error,
      });
    case Code.Unavailable:
      return new EngineError("dead", `the engine cannot be reached: ${text}`, { cause: error });
    default:
      return new EngineError("refused", `engine: ${text}`, { cause: error });
  }
}
