import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { connectEngine, type EngineConnection } from "./engine-client.ts";
import type { EngineProcess } from "./engine-process.ts";
import { remoteEngine } from "./remote-engine.ts";

// What stands on the port here is never an engine: each case is a foreign program. The engine's own answers are
// held in the specs that start one.

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: net.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A connection to a port that our engine is said to listen on; `killed` counts how often we ended it. */
function connectTo(
  port: number,
  hungAfterMs: number,
): { connection: EngineConnection; killed: () => number } {
  let kills = 0;
  const process: EngineProcess = {
    name: "the engine",
    port,
    pid: 1,
    launchId: "ours",
    token: "token",
    ended: new Promise(() => {}),
    endedBecause: () => null,
    stop: async () => {},
    kill: () => {
      kills += 1;
    },
  };
  const connection = connectEngine(process, hungAfterMs);
  closers.push(() => connection.close());
  return { connection, killed: () => kills };
}

const foreigners: Record<string, () => net.Server> = {
  "an HTTP/1 server": () => http.createServer((_, response) => response.end("hello")),
  "an HTTP/2 server": () =>
    http2.createServer((_, response) => {
      response.statusCode = 404;
      response.end("hello");
    }),
};

describe("connectEngine", () => {
  it.each(Object.entries(foreigners))("names %s foreign, in a verb and by the watch", async (_, make) => {
    const { connection, killed } = connectTo(await listen(make()), 60_000);
    // Twice: the second call finds a session that has failed before.
    for (let i = 0; i < 2; i++)
      await expect(remoteEngine(connection).describe()).rejects.toMatchObject({ fault: "foreign" });
    await expect(connection.watch.lost).rejects.toMatchObject({ fault: "foreign" });
    expect(killed()).toBe(0);
  });

  it("names a port where nobody listens dead", async () => {
    const server = net.createServer();
    const port = await listen(server);
    server.close();
    await once(server, "close");
    const { connection } = connectTo(port, 60_000);
    await expect(remoteEngine(connection).describe()).rejects.toMatchObject({
      fault: "dead",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("names a program that hangs up dead", async () => {
    const { connection } = connectTo(await listen(net.createServer((socket) => socket.destroy())), 60_000);
    await expect(remoteEngine(connection).describe()).rejects.toMatchObject({ fault: "dead" });
  });

  it("names one that never answers hung, and ends it", async () => {
    const sockets: net.Socket[] = [];
    const port = await listen(net.createServer((socket) => sockets.push(socket.on("error", () => {}))));
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    const { connection, killed } = connectTo(port, 200);
    await expect(remoteEngine(connection).tokenize(["x"])).rejects.toMatchObject({ fault: "hung" });
    expect(killed()).toBe(1);
  });
});
