import net from "node:net";
import path from "node:path";
import { type EngineProcess, startEngineProcess } from "./engine-process.ts";

/** Ranks of one machine meet, and speak to each other, on its loopback interface. */
const ADDRESS = "127.0.0.1";

/** The log file of a rank. */
export const rankLogFile = (folder: string, rank: number): string =>
  path.join(folder, `engine-rank-${rank}.log`);

/**
 * Starts several engines under torchrun's environment variables: all of them, or none. Each is a child of this process with
 * an own token and port, as a single engine is, so each ends with us (why not torchrun itself: docs/decisions/009).
 * @param logFolder gets a log for each rank
 * @throws EngineError of the rank that did not start
 */
export async function startRanks(
  python: string,
  count: number,
  logFolder: string,
  log: (line: string) => void = () => {},
): Promise<EngineProcess[]> {
  const port = await freePort();
  const abort = new AbortController();
  const starting = Array.from({ length: count }, (_, rank) =>
    startEngineProcess(python, (line) => log(`rank ${rank}: ${line}`), undefined, {
      name: `rank ${rank} of ${count}`,
      variables: {
        RANK: `${rank}`,
        LOCAL_RANK: `${rank}`,
        WORLD_SIZE: `${count}`,
        LOCAL_WORLD_SIZE: `${count}`,
        MASTER_ADDR: ADDRESS,
        MASTER_PORT: `${port}`,
      },
      logFile: rankLogFile(logFolder, rank),
      signal: abort.signal,
    }),
  );
  try {
    return await Promise.all(starting);
  } catch (error) {
    abort.abort();
    await Promise.allSettled(starting.map(async (rank) => (await rank).stop()));
    throw error;
  }
}

/** A port that nobody listens on just now; rank 0 takes it before anything else it does. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, ADDRESS, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("freePort: no port");
  return address.port;
}
