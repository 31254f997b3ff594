import { Code, type ConnectError } from "@connectrpc/connect";
import { EngineError } from "./engine-error.ts";

/** Codes of a connection that broke or was never made; the engine itself answers with none of them. */
const BROKEN = new Set([Code.Unavailable, Code.Aborted, Code.Canceled, Code.DataLoss]);
/** Answers that our engine does not give to a call of ours. */
const STRANGE = new Set([Code.Unauthenticated, Code.PermissionDenied, Code.Unimplemented]);

/** Whether the engine may have died under the call; an answer cut in half counts as internal or unknown. */
export function mayBeDeath(error: ConnectError): boolean {
  return BROKEN.has(error.code) || error.code === Code.Internal || error.code === Code.Unknown;
}

/** Whether whoever answered is not our engine: it refuses our token, lacks our verbs or does not speak gRPC. */
export function isForeign(error: ConnectError): boolean {
  return STRANGE.has(error.code) || isProtocolError(error.cause);
}

/** The contract's error codes (contract/engine.proto) and the transport's failures as an EngineError. */
export function nameFault(error: ConnectError): EngineError {
  const text = error.rawMessage;
  const cause = { cause: error };
  if (isForeign(error))
    return new EngineError(
      "foreign",
      `what answers on the engine's port is not our engine (${text}): run again`,
      cause,
    );
  if (BROKEN.has(error.code))
    return new EngineError("dead", `the engine cannot be reached (${text}): run again`, cause);
  switch (error.code) {
    case Code.ResourceExhausted:
      return new EngineError("out-of-memory", `engine: ${text}`, cause);
    case Code.NotFound:
      return new EngineError("unknown", `engine: ${text}`, cause);
    case Code.InvalidArgument:
    case Code.FailedPrecondition:
      return new EngineError("refused", `engine: ${text}`, cause);
    default:
      return new EngineError("failed", `engine: ${text}`, cause);
  }
}

/** Node's HTTP/2 error for bytes that are no HTTP/2. */
function isProtocolError(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ERR_HTTP2_ERROR";
}
