import type { ClientHttp2Stream, Http2Session } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

/**
 * connect-node's session manager, made safe. It takes its error listener off a session at the first failure, and a
 * session that fails once more (because a program on the engine's port speaks HTTP/1, say) would then end our process
 * with an unhandled "error" event. The calls on the session fail as well, and their errors are heard.
 */
export class EngineSessions extends Http2SessionManager {
  readonly #guarded = new WeakSet<Http2Session>();

  override async request(...call: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...call);
    const { session } = stream;
    if (session !== undefined && !this.#guarded.has(session)) {
      this.#guarded.add(session);
      session.on("error", () => {});
    }
    return stream;
  }
}
