import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { connectEngine } from "./engine-client.ts";
import { startEngineProcess } from "./engine-process.ts";
import { launchEngine } from "./launch-engine.ts";
import { ensurePython, PACKAGE_ROOT } from "./python-environment.ts";
import { remoteEngine } from "./remote-engine.ts";
import { drawnPrompt } from "./testing/drawn-prompt.ts";
import { isRunning } from "./testing/is-running.ts";

// The engine's life and death with its parent. Deadlines are for a broken engine: nothing here measures how fast.

const MODEL = path.join(PACKAGE_ROOT, "models/phantom-gemma3");
const PATIENCE = { timeout: 120_000, interval: 50 };
const scratch = scratchFolder();

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const isGone = (pid: number) => expect.poll(() => isRunning(pid), PATIENCE).toBe(false);

/** A sampling that would take the engine half an hour. */
const endless = (handle: string) => ({
  prompts: [{ handle, seeds: Array.from({ length: 20_000 }, (_, i) => BigInt(i)) }],
  adapter: "",
  temperature: 1,
  topP: 1,
  maxTokens: 64,
  maxRows: 1,
});

describe("an engine's port", () => {
  it("is for our machine and the launch's token alone; another engine there is foreign", async () => {
    const { executable } = await ensurePython(() => {});
    const engine = await startEngineProcess(executable);
    closers.push(() => engine.stop());

    if (process.platform === "linux")
      expect(readFileSync(`/proc/${engine.pid}/cmdline`, "utf8")).not.toContain(engine.token);
    // Link-local addresses (IPv6, with a scope) need the interface's name and are left out.
    const others = Object.values(os.networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
      .map(({ address }) => address);
    // On Linux all of 127.0.0.0/8 is this machine: a socket bound to every address would answer there too.
    if (process.platform === "linux") others.push("127.0.0.2");
    for (const address of others) expect(await canConnect(address, engine.port), address).toBe(false);
    expect(await canConnect("127.0.0.1", engine.port)).toBe(true);

    const strangers = [
      { ...engine, token: "" },
      { ...engine, token: `${engine.token}0` },
      { ...engine, launchId: "of-another-engine" },
    ];
    for (const stranger of strangers) {
      const connection = connectEngine(stranger);
      closers.push(() => connection.close());
      if (stranger.token !== engine.token)
        await expect(remoteEngine(connection).describe()).rejects.toMatchObject({
          fault: "foreign",
          exitCode: 3,
        });
      await expect(connection.watch.lost).rejects.toMatchObject({ fault: "foreign" });
    }
    const ours = connectEngine(engine);
    closers.push(() => ours.close());
    expect((await remoteEngine(ours).describe()).launchId).toBe(engine.launchId);
  });
});

describe("an engine lost", () => {
  it("dead in the middle of a verb: named, with its signal, at this verb and the next", async () => {
    const { engine, pid, close } = await launchEngine();
    closers.push(close);
    await engine.load({ source: MODEL, dtype: "float32", threads: 1 });
    const [prompt] = await engine.prepare([drawnPrompt(1)]);
    const death = {
      name: "EngineError",
      fault: "dead",
      exitCode: 3,
      message: expect.stringContaining("SIGKILL"),
    };
    let waiting: Promise<unknown> | null = null;
    const sampling = engine.sample(endless(prompt?.handle ?? ""), () => {
      if (waiting !== null) return;
      waiting = expect(engine.tokenize(["its turn never comes"])).rejects.toMatchObject(death);
      process.kill(pid, "SIGKILL");
    });
    await expect(sampling).rejects.toMatchObject(death);
    expect(waiting).not.toBeNull();
    await waiting;
    await expect(engine.describe()).rejects.toMatchObject(death);
    await close();
  });

  it("hung: named, and ended", async () => {
    const { engine, pid, close } = await launchEngine({ hungAfterMs: 3_000 });
    closers.push(close);
    await engine.describe();
    process.kill(pid, "SIGSTOP");
    const hang = {
      name: "EngineError",
      fault: "hung",
      exitCode: 3,
      message: expect.stringContaining(`${pid}`),
    };
    await expect(engine.describe()).rejects.toMatchObject(hang);
    await expect(engine.describe()).rejects.toMatchObject(hang);
    await isGone(pid);
    await close();
  });
});

/** Starts a Node process, in a process group of its own, that runs a script about a launched engine. */
function startParent(script: string): ChildProcess {
  const module = pathToFileURL(path.join(PACKAGE_ROOT, "src/engine/launch-engine.ts")).href;
  const file = path.join(scratch, `parent-${closers.length}.mts`);
  writeFileSync(file, `import { launchEngine } from ${JSON.stringify(module)};\n${script}\n`);
  const parent = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: PACKAGE_ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  closers.push(() => parent.kill("SIGKILL"));
  return parent;
}

async function firstLine(parent: ChildProcess): Promise<string> {
  if (parent.stdout === null) throw new Error("no standard output");
  const [line] = await once(createInterface({ input: parent.stdout }), "line");
  return String(line);
}

describe.skipIf(process.platform === "win32")("an engine whose parent is lost", () => {
  it("leaves no orphan: parent killed while the engine computes, or interrupted with its group", async () => {
    const busy = startParent(`
      const { engine, pid } = await launchEngine();
      await engine.load({ source: ${JSON.stringify(MODEL)}, dtype: "float32", threads: 1 });
      const [{ handle }] = await engine.prepare([{ messages: [{ role: "user", parts: [{ text: "x" }] }], images: [] }]);
      const seeds = Array.from({ length: 20000 }, (_, i) => BigInt(i));
      let said = false;
      await engine.sample(
        { prompts: [{ handle, seeds }], adapter: "", temperature: 1, topP: 1, maxTokens: 64, maxRows: 1 },
        () => { if (!said) console.log(pid); said = true; },
      );
    `);
    const idle = startParent(`
      const { pid } = await launchEngine();
      console.log(pid);
    `);
    const [busyEngine, idleEngine] = (await Promise.all([firstLine(busy), firstLine(idle)])).map(Number);
    if (busyEngine === undefined || idleEngine === undefined) throw new Error("no engine");
    expect([busyEngine, idleEngine].map(isRunning)).toEqual([true, true]);
    const ends = Promise.all([once(busy, "exit"), once(idle, "exit")]);
    busy.kill("SIGKILL");
    process.kill(-(idle.pid ?? 0), "SIGINT"); // as Ctrl-C in a terminal does
    await isGone(busyEngine);
    await isGone(idleEngine);
    expect((await ends).map(([, signal]) => signal)).toEqual(["SIGKILL", "SIGINT"]);
  });

  it.skipIf(process.platform !== "linux")(
    "leaves no orphan when it is killed while the engine starts",
    async () => {
      const parent = startParent("await launchEngine();");
      let engine = 0;
      await expect.poll(() => (engine = engineOf(parent.pid ?? 0)), PATIENCE).toBeGreaterThan(0);
      parent.kill("SIGKILL");
      await isGone(engine);
    },
  );
});

/** The engine process among a process's children; 0 while there is none. */
function engineOf(parent: number): number {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, ppid] = /\) \S (\d+) /.exec(readFileSync(`/proc/${entry}/stat`, "utf8")) ?? [];
      if (Number(ppid) === parent && readFileSync(`/proc/${entry}/cmdline`, "utf8").includes("chexengine"))
        return Number(entry);
    } catch {
      // ended while we looked
    }
  }
  return 0;
}

async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = net.connect({ host, port });
  try {
    return await new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.setTimeout(10_000, () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}
