import { lookup as systemLookup } from "node:dns";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import type { LicenceClass } from "../datasets/record.ts";
import { decideEgress, type EgressAttestation } from "./egress-guard.ts";

/** Largest answer read, bytes. */
const LARGEST_ANSWER = 16 * 1024 * 1024;

/** What one call may send, and where. */
export interface EgressDoor {
  readonly endpoint: URL;
  readonly licence: LicenceClass;
  readonly attestation: EgressAttestation | null;
}

/**
 * Why a request brought no response.
 * - `refused`: by this guard.
 * - `unreached`: nothing was sent.
 * - `lost`: something was sent, and no whole response came.
 */
export class EgressError extends Error {
  readonly kind: "refused" | "unreached" | "lost";

  constructor(kind: EgressError["kind"], message: string) {
    super(message);
    this.name = "EgressError";
    this.kind = kind;
  }
}

/**
 * The only way out for a teacher's client: a fetch that sends one POST to the endpoint's own address, when the guard
 * allows the licence class, and no second. It stands on `node:http`, so that no proxy of the environment and no
 * dispatcher set elsewhere can carry the request another way. Redirects are refused, all of them; where the guard allowed
 * a name because it means this machine, what the name resolves to is checked as well; TLS is always verified.
 * @param onError hears why a request failed, before the client wraps the error in its own
 */
export function egressFetch(door: EgressDoor, onError: (error: EgressError) => void): typeof fetch {
  let used = false;
  return async (input, init) => {
    try {
      if (used) throw new EgressError("refused", "a second request within one call");
      used = true;
      return await send(door, new URL(input instanceof Request ? input.url : input), init);
    } catch (error) {
      const fault =
        error instanceof EgressError
          ? error
          : new EgressError("lost", error instanceof Error ? error.message : String(error));
      onError(fault);
      throw fault;
    }
  };
}

async function send(door: EgressDoor, url: URL, init: RequestInit = {}): Promise<Response> {
  const { endpoint, licence, attestation } = door;
  if (url.origin !== endpoint.origin || !url.pathname.startsWith(endpoint.pathname))
    throw new EgressError("refused", `a request to ${url.origin}${url.pathname}, which is not the endpoint`);
  const decision = decideEgress(licence, url, attestation);
  if (decision.outcome === "refused") throw new EgressError("refused", decision.because);
  const { body } = init;
  if (init.method !== "POST" || typeof body !== "string")
    throw new EgressError("refused", "only a POST with a text is let out");
  init.signal?.throwIfAborted();
  return exchange(url, body, new Headers(init.headers), init.signal ?? undefined, decision.loopbackOnly);
}

function exchange(
  url: URL,
  body: string,
  headers: Headers,
  signal: AbortSignal | undefined,
  loopbackOnly: boolean,
): Promise<Response> {
  const { request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    let connected = false;
    const fail = (message: string): void =>
      reject(new EgressError(connected ? "lost" : "unreached", message));
    const outgoing = request(
      url,
      {
        method: "POST",
        headers: { ...Object.fromEntries(headers), "content-length": Buffer.byteLength(body) },
        // A fresh connection for each call: a kept one may be closed by the server just as it is used.
        agent: false,
        rejectUnauthorized: true,
        ...(loopbackOnly ? { lookup: loopbackLookup() } : {}),
        ...(signal === undefined ? {} : { signal }),
      },
      (incoming) => {
        const { statusCode: status = 0, headers: received } = incoming;
        if (status >= 300 && status < 400) {
          outgoing.destroy();
          reject(new EgressError("refused", `${url.host} redirects to ${hostOf(received.location, url)}`));
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > LARGEST_ANSWER) outgoing.destroy(new Error("the answer is too large"));
        });
        incoming.on("error", (error) => fail(error.message));
        incoming.on("end", () => {
          try {
            resolve(new Response(Buffer.concat(chunks), { status, headers: plainHeaders(received) }));
          } catch {
            fail(`an answer with status ${status}`);
          }
        });
      },
    );
    outgoing.on("socket", (socket) => socket.once("connect", () => (connected = true)));
    outgoing.on("error", (error) => fail(error.message));
    outgoing.end(body);
  });
}

/** Resolves a name, and refuses it when it means another machine. */
export function loopbackLookup(resolve: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    resolve(hostname, options, (error, address, family) => {
      const addresses = typeof address === "string" ? [address] : (address ?? []).map((one) => one.address);
      const elsewhere = addresses.find((one) => one !== "::1" && !one.startsWith("127."));
      const refusal =
        elsewhere === undefined
          ? null
          : new Error(`${hostname} means ${elsewhere}, which is not this machine`);
      callback(error ?? refusal, address, family);
    });
}

function plainHeaders(headers: http.IncomingHttpHeaders): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
}

function hostOf(location: string | undefined, base: URL): string {
  try {
    return new URL(location ?? "", base).host;
  } catch {
    return "nowhere";
  }
}
