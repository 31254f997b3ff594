import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { CONTRACT_VERSION, startEngineProcess } from "./engine-process.ts";
import { isRunning } from "./testing/is-running.ts";

// Programs that are started in the engine's place and are not it. The engine itself: launch-engine.engine.spec.ts.

const root = scratchFolder();
let scripts = 0;

/** A program that is started as `program -m chexengine --launch-id ID`. */
function program(body: string): string {
  const file = path.join(root, `program-${scripts++}`);
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return file;
}

const handshake = (launchId: string, contract = CONTRACT_VERSION) =>
  `echo "{\\"chexengine\\":{\\"port\\":1,\\"pid\\":$$,\\"launch_id\\":\\"${launchId}\\",\\"contract\\":${contract}}}"`;
/** Goes on until standard input ends, as the engine does. */
const WAIT = "cat > /dev/null";

describe.skipIf(process.platform === "win32")("startEngineProcess", () => {
  it("takes the handshake, keeps a token per launch off the command line, and ends the process politely", async () => {
    const file = program(`echo "$@" >&2; ${handshake("$4")}; ${WAIT}; echo bye >&2`);
    const lines: string[] = [];
    const first = await startEngineProcess(file, (line) => lines.push(line));
    const second = await startEngineProcess(file);
    expect(first).toMatchObject({ port: 1, pid: expect.any(Number) });
    expect(first.token).toMatch(/^[0-9a-f]{64}$/);
    expect(second.token).not.toBe(first.token);
    expect(second.launchId).not.toBe(first.launchId);
    expect(first.endedBecause()).toBeNull();
    await first.stop();
    await second.stop();
    expect(lines).toEqual([`-m chexengine --launch-id ${first.launchId}`, "bye"]);
    expect(first.endedBecause()).toBe("ended with exit code 0: bye");
  });

  it("gives the token by the environment", async () => {
    const lines: string[] = [];
    const file = program(`echo "$CHEXENGINE_TOKEN" >&2; ${handshake("$4")}; ${WAIT}`);
    const started = await startEngineProcess(file, (line) => lines.push(line));
    await started.stop();
    expect(lines).toEqual([started.token]);
  });

  it("ends by force one that does not leave", async () => {
    const started = await startEngineProcess(program(`${handshake("$4")}; exec sleep 1000`));
    await started.stop();
    expect(started.endedBecause()).toBe("ended with SIGKILL");
  });

  it.each([
    ["another launch's handshake", handshake("somebody"), /launch id somebody/],
    ["another contract", handshake("$4", CONTRACT_VERSION + 1), /contract 2, this program speaks 1/],
    ["another line", "echo '* Serving on port 8000'", /does not answer as our engine/],
    ["other JSON", "echo '{\"port\": 1}'", /does not answer as our engine/],
  ])("names %s foreign, and ends the program", async (_, body, message) => {
    const lines: string[] = [];
    const failure = startEngineProcess(program(`echo $$ >&2; ${body}; ${WAIT}`), (line) => lines.push(line));
    await expect(failure).rejects.toMatchObject({ fault: "foreign", exitCode: 3 });
    await expect(failure).rejects.toThrow(message);
    await expect.poll(() => lines[0]).toMatch(/^\d+$/);
    await expect.poll(() => isRunning(Number(lines[0])), { timeout: 30_000 }).toBe(false);
  });

  it("names one that ends first dead, with the end of its log", async () => {
    const file = program("echo 'Traceback' >&2; echo 'ImportError: no torch' >&2; exit 7");
    await expect(startEngineProcess(file)).rejects.toMatchObject({
      fault: "dead",
      exitCode: 3,
      message: "the engine ended with exit code 7: ImportError: no torch: run `chexreason doctor`",
    });
  });

  it("names one that cannot be started dead", async () => {
    await expect(startEngineProcess("/nowhere/python")).rejects.toMatchObject({
      fault: "dead",
      message: expect.stringContaining("/nowhere/python could not be started: spawn /nowhere/python ENOENT"),
    });
  });

  it("names one that says nothing hung, and ends it", async () => {
    const lines: string[] = [];
    const file = program("echo $$ >&2; exec sleep 1000");
    const failure = startEngineProcess(file, (line) => lines.push(line), 5_000);
    await expect(failure).rejects.toMatchObject({ fault: "hung", exitCode: 3 });
    expect(lines).toEqual([expect.stringMatching(/^\d+$/)]);
    await expect.poll(() => isRunning(Number(lines[0])), { timeout: 30_000 }).toBe(false);
  });
});
