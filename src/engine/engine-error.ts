import { UserError } from "../util/user-error.ts";

/**
 * What went wrong with the engine, by name:
 * - `dead`: the process ended; the message carries its exit code and the end of its log.
 * - `hung`: it did not answer Describe within the deadline; it was ended.
 * - `foreign`: something answers on its port that is not the engine we launched.
 * - `out-of-memory`: the verb did not fit; nothing was changed.
 * - `unknown`: a handle, ticket, adapter or folder that the engine does not know.
 * - `refused`: the engine would not do it: a wrong argument, or the wrong order (a ticket that was used or whose
 *   weights have changed, no model yet).
 * - `failed`: an error inside the engine that it did not expect; its log has the traceback.
 */
export type EngineFault = "dead" | "hung" | "foreign" | "out-of-memory" | "unknown" | "refused" | "failed";

export class EngineError extends UserError {
  readonly fault: EngineFault;

  constructor(fault: EngineFault, message: string, options?: ErrorOptions) {
    super(message, fault === "dead" || fault === "hung" || fault === "foreign" ? 3 : 1, options);
    this.name = "EngineError";
    this.fault = fault;
  }
}
