import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../engine/package-root.ts";
import { randomStream } from "../util/random.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { readCallJournal } from "./calls/call-journal.ts";
import { numberedRecords } from "./testing/numbered-pictures.ts";
import {
  type Behaviour,
  SERVED_USAGE,
  startTeacherServer,
  type TeacherServer,
} from "./testing/teacher-server.ts";
import { traceCompletion } from "./trace.ts";
import { readTraceFile } from "./trace-file.ts";

const IMAGES = 1000;
const KILLS = 10;
/** USD. */
const CAP = 5;
const KEY = "canary-key-4b1d7f02a9";
/**
 * Answers between one and its repetition: enough that the first has been stored. What is repeated sooner may come first,
 * and is then an answer about another picture, asked again for good reason.
 */
const LONG_AGO = 60;
const SCRIPT = fileURLToPath(new URL("./testing/teach-run.ts", import.meta.url));

const folder = scratchFolder();
const journalFile = path.join(folder, "journal.jsonl");
const stream = randomStream(11, "killed runs");
let server: TeacherServer;

/** Mostly answers; every kind of failure now and then. */
function behave(): Behaviour {
  const luck = stream.uniform();
  if (luck < 0.02)
    return { does: "limit", retryAfter: stream.chance(0.5) ? "0" : "Wed, 21 Oct 2015 07:28:00 GMT" };
  if (luck < 0.04) return { does: "fail", status: 500, message: `broken for ${KEY}` };
  if (luck < 0.05) return { does: "reset" };
  if (luck < 0.06) return { does: "reset after work" };
  if (luck < 0.063) return { does: "stall" };
  if (luck < 0.08) return { does: "cut" };
  if (luck < 0.09) return { does: "twice" };
  if (luck < 0.1) return { does: "repeat", back: LONG_AGO };
  return { does: "answer" };
}

beforeAll(async () => {
  server = await startTeacherServer(behave);
  writeFileSync(path.join(folder, "records.json"), JSON.stringify(await numberedRecords(folder, IMAGES)));
});
afterAll(() => server.close());

function start(): { child: ChildProcess; said: () => string } {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", SCRIPT, folder, `${server.url}/v1`, String(CAP)],
    { cwd: PACKAGE_ROOT, env: { ...process.env, TEACHER_KEY: KEY }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let text = "";
  child.stdout?.on("data", (chunk) => (text += String(chunk)));
  child.stderr?.on("data", (chunk) => (text += String(chunk)));
  return { child, said: () => text };
}

/** Resolves when the server has had so many requests, or the child has ended. */
async function until(requests: number, child: ChildProcess): Promise<void> {
  while (server.requests.length < requests && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 2));
}

/** The numbers of the pictures whose answer is stored, with its text. */
async function stored(): Promise<Map<number, string>> {
  const answers = (await readCallJournal(journalFile))?.answers() ?? [];
  return new Map([...answers].map(({ text }) => [Number(/Picture (\d+):/.exec(text)?.[1]), text]));
}

describe(`${IMAGES} calls, killed ${KILLS} times`, () => {
  const snapshots: { after: number; answers: Map<number, string> }[] = [];
  let report = "";
  const outputs: string[] = [];

  beforeAll(async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const { child, said } = start();
      // Some 600 in all: a busy machine hears of each some tens of requests late.
      await until(server.requests.length + 20 + stream.integer(80), child);
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      outputs.push(said());
      // An answer that was on its way when its asker died is known to nobody.
      server.forget();
      // What the killed process had sent off may still be arriving; it has stored nothing since.
      snapshots.push({ after: server.requests.length, answers: await stored() });
    }
    const { child, said } = start();
    await once(child, "exit");
    report = said();
    outputs.push(report);
  }, 600_000);

  it("ends with a trace for every image", async () => {
    expect(report).toContain(`"traces":${IMAGES},"setAside":[]`);
    expect(await readTraceFile(path.join(folder, "traces.jsonl"))).toHaveLength(IMAGES);
  });

  it("was killed in the middle of its work each time", () => {
    expect(snapshots).toHaveLength(KILLS);
    const sizes = snapshots.map(({ answers }) => answers.size);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes.at(-1)).toBeLessThan(IMAGES);
  });

  it("never asks again what it has an answer to", () => {
    expect(new Set(server.requests.map(({ picture }) => picture)).size).toBe(IMAGES);
    const repeats = snapshots.flatMap(({ after, answers }) =>
      server.requests.slice(after).filter(({ picture }) => answers.has(picture)),
    );
    expect(repeats).toEqual([]);
  });

  it("loses no stored answer", async () => {
    const last = await stored();
    const lost = snapshots.flatMap(({ answers }) => [...answers].filter(([n, text]) => last.get(n) !== text));
    expect(lost).toEqual([]);
    const traces = await readTraceFile(path.join(folder, "traces.jsonl"));
    expect(traces.filter((trace) => last.get(Number(trace.id.slice(1))) !== traceCompletion(trace))).toEqual(
      [],
    );
  });

  it("keeps the bill within the cap and within what it reckons, and knows what it may have paid twice", async () => {
    const billed = server.requests.filter((request) => request.billed).length;
    const bill = (billed * (SERVED_USAGE.input * 1 + SERVED_USAGE.output * 10)) / 1_000_000;
    const totals = (await readCallJournal(journalFile))?.totals();
    if (totals === undefined) throw new Error("no journal");
    expect(bill).toBeLessThanOrEqual(totals.spentAtMost);
    expect(totals.spentAtMost).toBeLessThanOrEqual(CAP);
    expect(totals.answers).toBe(IMAGES);
    expect(billed).toBeGreaterThan(IMAGES);
    expect(billed - IMAGES).toBeLessThanOrEqual(totals.possiblyPaidTwice);
  });

  it("shows its key to the server alone", () => {
    expect(new Set(server.requests.map(({ key }) => key))).toEqual(new Set([KEY]));
    const written = [journalFile, path.join(folder, "traces.jsonl")].map((file) =>
      readFileSync(file, "utf8"),
    );
    for (const text of [...written, ...outputs]) expect(text.includes(KEY)).toBe(false);
    expect(written[0]).toContain("broken for [key]");
  });
});
