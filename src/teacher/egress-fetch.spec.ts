import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EgressDoor, type EgressError, egressFetch, loopbackLookup } from "./egress-fetch.ts";

let port = 0;
let opened = 0;
let answer: (request: http.IncomingMessage, response: http.ServerResponse) => void;
const server = http.createServer((request, response) => answer(request, response));
server.on("connection", () => {
  opened += 1;
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.closeAllConnections());
beforeEach(() => {
  opened = 0;
  answer = (_request, response) => void response.writeHead(200, { "x-a": "b" }).end("ok");
});

const POST = { method: "POST", body: "{}" };
/** 0.0.0.0 reaches this machine, and is no loopback address: a stand-in for an address elsewhere. */
const elsewhere = () => new URL(`http://0.0.0.0:${port}/v1`);
const here = () => new URL(`http://127.0.0.1:${port}/v1`);
const door = (endpoint: URL, changes: Partial<EgressDoor> = {}): EgressDoor => ({
  endpoint,
  licence: "open",
  attestation: null,
  ...changes,
});
/** The kind and text of the error, which the listener must hear as well. */
async function failure(opening: EgressDoor, url: URL | string, init: RequestInit = POST) {
  let heard: EgressError | null = null;
  const fetch = egressFetch(opening, (error) => {
    heard = error;
  });
  const error = await fetch(url, init).catch((thrown: unknown) => thrown);
  expect(error).toBe(heard);
  const { kind, message } = error as EgressError;
  return `${kind}: ${message}`;
}

describe("egressFetch", () => {
  it("sends a POST to the endpoint and gives its answer", async () => {
    let seen = "";
    answer = (request, response) => {
      seen = `${request.method} ${request.url} ${request.headers["x-key"]} ${request.headers["content-length"]}`;
      response.writeHead(201, { "x-a": "b" }).end("done");
    };
    const fetch = egressFetch(door(here()), () => {});
    const response = await fetch(`${here()}/chat`, { ...POST, headers: { "x-key": "k" } });
    expect([response.status, response.headers.get("x-a"), await response.text()]).toEqual([201, "b", "done"]);
    expect(seen).toBe("POST /v1/chat k 2");
    expect(opened).toBe(1);
  });

  it.each(["credentialed", "no-redistribution"] as const)(
    "opens no socket for %s data without an attestation",
    async (licence) => {
      expect(await failure(door(elsewhere(), { licence }), elsewhere())).toMatch(
        /^refused: .* may not leave this machine/,
      );
      expect(opened).toBe(0);
      // The same address does take open data, so the count is one that can rise.
      await egressFetch(door(elsewhere()), () => {})(elsewhere(), POST);
      expect(opened).toBe(1);
    },
  );

  it("lets attested data out, to the attested host alone", async () => {
    const attestation = { host: `0.0.0.0:${port}`, who: "w", date: "2026-01-01", onPremises: true } as const;
    const opening = door(elsewhere(), { licence: "credentialed", attestation });
    expect((await egressFetch(opening, () => {})(elsewhere(), POST)).status).toBe(200);
    expect(opened).toBe(1);
    const other = { ...opening, attestation: { ...attestation, host: "gpu.hospital" } };
    expect(await failure(other, elsewhere())).toMatch(/^refused: .*the attestation is for gpu\.hospital/);
    expect(opened).toBe(1);
  });

  it.each([
    ["another host", () => "http://127.0.0.2:1/v1/x"],
    ["another port", () => "http://127.0.0.1:1/v1/x"],
    ["another path", () => `http://127.0.0.1:${port}/upload`],
  ])("opens no socket to %s than the endpoint's", async (_what, url) => {
    expect(await failure(door(here()), url())).toMatch(/^refused: .*which is not the endpoint/);
    expect(opened).toBe(0);
  });

  it("lets out nothing but a POST with a text", async () => {
    expect(await failure(door(here()), here(), { method: "GET" })).toMatch(/^refused: only a POST/);
    expect(await failure(door(here()), here(), { method: "POST", body: new Uint8Array(3) })).toMatch(
      /^refused/,
    );
    expect(opened).toBe(0);
  });

  it("sends one request and no second", async () => {
    const fetch = egressFetch(door(here()), () => {});
    await fetch(here(), POST);
    await expect(fetch(here(), POST)).rejects.toMatchObject({ kind: "refused" });
    expect(opened).toBe(1);
  });

  it.each([301, 302, 303, 307, 308])(
    "follows no redirect (%d), to another host or its own",
    async (status) => {
      for (const location of ["https://elsewhere.example/v1", "/v1/other"]) {
        opened = 0;
        answer = (_request, response) => void response.writeHead(status, { location }).end();
        const host = location.startsWith("/") ? `127.0.0.1:${port}` : "elsewhere.example";
        expect(await failure(door(here()), here())).toBe(`refused: 127.0.0.1:${port} redirects to ${host}`);
        expect(opened).toBe(1);
      }
    },
  );

  it("ignores a proxy of the environment", async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      http_proxy: "http://127.0.0.1:9",
      HTTP_PROXY: "http://127.0.0.1:9",
      NODE_USE_ENV_PROXY: "1",
    });
    try {
      expect((await egressFetch(door(here()), () => {})(here(), POST)).status).toBe(200);
    } finally {
      process.env = before;
    }
  });

  it("tells what was never sent from what was sent and lost", async () => {
    expect(await failure(door(new URL("http://127.0.0.1:1/v1")), "http://127.0.0.1:1/v1")).toMatch(
      /^unreached: .*ECONNREFUSED/,
    );
    answer = (request) => void request.socket.destroy();
    expect(await failure(door(here()), here())).toMatch(/^lost: /);
    answer = (request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half");
      setImmediate(() => request.socket.destroy());
    };
    expect(await failure(door(here()), here())).toMatch(/^lost: /);
    answer = () => {};
    const signal = AbortSignal.timeout(100);
    expect(await failure(door(here()), here(), { ...POST, signal })).toMatch(/^lost: /);
  });

  it("gives up an answer without end", async () => {
    answer = (_request, response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
      };
      response.on("drain", pour);
      pour();
    };
    expect(await failure(door(here()), here())).toBe("lost: the answer is too large");
  });

  it("reaches this machine by its name", async () => {
    const opening = door(new URL(`http://localhost:${port}/v1`), { licence: "credentialed" });
    expect((await egressFetch(opening, () => {})(opening.endpoint, POST)).status).toBe(200);
  });
});

describe("loopbackLookup", () => {
  it.each([
    ["127.0.0.1", null],
    ["::1", null],
    ["10.0.0.5", "localhost means 10.0.0.5, which is not this machine"],
  ])("of a name that means %s: %j", (address, message) => {
    const errors: unknown[] = [];
    const lookup = loopbackLookup((_name, options, callback) =>
      callback(null, options.all === true ? [{ address, family: 4 }] : address, 4),
    );
    for (const all of [true, false])
      lookup("localhost", { all }, (error) => errors.push(error?.message ?? null));
    expect(errors).toEqual([message, message]);
  });
});
