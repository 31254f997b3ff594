import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Engine } from "./engine.ts";
import { connectEngine, type EngineConnection } from "./engine-client.ts";
import { type EngineProcess, startEngineProcess } from "./engine-process.ts";
import { HUNG_AFTER_MS } from "./engine-watch.ts";
import { pooledEngine } from "./pooled-engine.ts";
import { ensurePython } from "./python-environment.ts";
import type { RankEngine } from "./rank.ts";
import { remoteEngine } from "./remote-engine.ts";
import { sampleWithinMemory } from "./sample-within-memory.ts";
import { sparingZeroGrad } from "./sparing-zero-grad.ts";
import { startRanks } from "./start-ranks.ts";

export interface LaunchedEngine {
  readonly engine: Engine;
  /** Of the engine, or of rank 0. */
  readonly pid: number;
  /** Of all ranks, in their order. */
  readonly pids: readonly number[];
  /** Ends the engine; never throws. */
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** Hears what is going on (an installation, say). */
  readonly say?: (line: string) => void;
  /** Hears the engine's log, line by line. */
  readonly log?: (line: string) => void;
  readonly hungAfterMs?: number;
  /** Engines that share the work behind the one interface. Default 1. */
  readonly ranks?: number;
  /** Where several ranks write their logs. Default: a new folder among the system's temporary ones. */
  readonly logFolder?: string;
}

/** Starts an engine of our own and connects to it. The caller closes it; should we die first, it leaves by itself. */
export async function launchEngine(options: LaunchOptions = {}): Promise<LaunchedEngine> {
  const { say, log, hungAfterMs = HUNG_AFTER_MS, ranks = 1 } = options;
  const python = await ensurePython(say ?? (() => {}));
  const connected = (connection: EngineConnection): RankEngine => {
    const engine = sparingZeroGrad(remoteEngine(connection));
    return { ...engine, sample: sampleWithinMemory(engine.sample, say ?? (() => {})) };
  };
  if (ranks === 1) {
    const process = await startEngineProcess(python.executable, log);
    const connection = connectEngine(process, hungAfterMs);
    return launched([process], [connection], connected(connection));
  }
  const logFolder = options.logFolder ?? (await mkdtemp(path.join(os.tmpdir(), "chexreason-ranks-")));
  const processes = await startRanks(python.executable, ranks, logFolder, log);
  const connections = processes.map((process) => connectEngine(process, hungAfterMs));
  const pool = connections.map((connection) => ({
    engine: connected(connection),
    lost: connection.watch.lost,
  }));
  return launched(processes, connections, pooledEngine(pool));
}

function launched(
  processes: readonly EngineProcess[],
  connections: readonly { close(): void }[],
  engine: Engine,
): LaunchedEngine {
  const pids = processes.map(({ pid }) => pid);
  return {
    engine,
    pid: pids[0] ?? 0,
    pids,
    async close() {
      for (const connection of connections) connection.close();
      await Promise.all(processes.map((process) => process.stop()));
    },
  };
}
