import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { startEngineProcess } from "./engine-process.ts";
import { rankLogFile, startRanks } from "./start-ranks.ts";
import { isRunning } from "./testing/is-running.ts";

// Programs in the engine's place: what ranks are told, and that all start or none. The engine itself as two ranks:
// src/training/ranks.engine.spec.ts.

const root = scratchFolder();
let scripts = 0;
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A program that is started as `program -m chexengine --launch-id ID`. */
function program(body: string): string {
  const file = path.join(root, `program-${scripts++}`);
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return file;
}

const HANDSHAKE =
  'echo "{\\"chexengine\\":{\\"port\\":1,\\"pid\\":$$,\\"launch_id\\":\\"$4\\",\\"contract\\":1}}"';
const WAIT = "cat > /dev/null";
const TOLD = [
  'echo "$RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $MASTER_ADDR" >&2',
  'echo "$MASTER_PORT" >&2',
  'echo "token $CHEXENGINE_TOKEN" >&2',
].join("\n");

describe.skipIf(process.platform === "win32")("startRanks", () => {
  it("gives each rank its place, a token of its own, and a log", async () => {
    const folder = path.join(root, "logs");
    const lines: string[] = [];
    const ranks = await startRanks(program(`${TOLD}\n${HANDSHAKE}\n${WAIT}`), 3, folder, (line) =>
      lines.push(line),
    );
    expect(ranks.map(({ name }) => name)).toEqual(["rank 0 of 3", "rank 1 of 3", "rank 2 of 3"]);
    await Promise.all(ranks.map((rank) => rank.stop()));
    const logs = ranks.map((_, rank) => readFileSync(rankLogFile(folder, rank), "utf8").trim().split("\n"));
    const ports = logs.map((log) => log[2]);
    for (const [rank, log] of logs.entries()) {
      expect(log[0]).toMatch(new RegExp(`^# launch ${ranks[rank]?.launchId}, \\d{4}-`));
      expect(log.slice(1)).toEqual([
        `${rank} ${rank} 3 3 127.0.0.1`,
        ports[0],
        `token ${ranks[rank]?.token}`,
      ]);
    }
    expect(Number(ports[0])).toBeGreaterThan(1023);
    expect(new Set(ranks.map(({ token }) => token)).size).toBe(3);
    expect(lines).toContain("rank 2: 2 2 3 3 127.0.0.1");
    expect(ranks[1]?.endedBecause()).toContain(`(its log: ${rankLogFile(folder, 1)})`);
  });

  it("ends all when one does not start, and says which and where its log is", async () => {
    const folder = path.join(root, "failed");
    const body = `echo $$ >&2\nif [ "$RANK" = 1 ]; then echo "no GPU" >&2; exit 7; fi\nexec sleep 1000`;
    const failure = startRanks(program(body), 3, folder);
    await expect(failure).rejects.toMatchObject({
      fault: "dead",
      message: `rank 1 of 3 ended with exit code 7: no GPU (its log: ${rankLogFile(folder, 1)}): run \`chexreason doctor\``,
    });
    for (const rank of [0, 2]) {
      const pid = Number(readFileSync(rankLogFile(folder, rank), "utf8").trim().split("\n")[1]);
      // One that had not written yet when it was ended has no line.
      if (!Number.isNaN(pid)) expect(isRunning(pid)).toBe(false);
    }
  });

  it("keeps the log of the launch before", async () => {
    const folder = path.join(root, "again");
    for (const _ of [1, 2]) {
      const ranks = await startRanks(program(`${HANDSHAKE}\n${WAIT}`), 2, folder);
      await Promise.all(ranks.map((rank) => rank.stop()));
    }
    expect(readFileSync(rankLogFile(folder, 0), "utf8").match(/^# launch/gm)).toHaveLength(2);
  });
});

describe.skipIf(process.platform === "win32")("a single engine", () => {
  it("is not told of ranks that a surrounding torchrun has, for which it would wait", async () => {
    for (const [name, value] of [
      ["RANK", "3"],
      ["WORLD_SIZE", "8"],
      ["LOCAL_RANK", "3"],
      ["MASTER_PORT", "1"],
    ] as const)
      vi.stubEnv(name, value);
    const lines: string[] = [];
    const told = `echo "\${RANK-none} \${WORLD_SIZE-none} \${LOCAL_RANK-none} \${MASTER_PORT-none}" >&2`;
    const started = await startEngineProcess(program(`${told}\n${HANDSHAKE}\n${WAIT}`), (line) =>
      lines.push(line),
    );
    await started.stop();
    expect(lines).toEqual(["none none none none"]);
  });
});
