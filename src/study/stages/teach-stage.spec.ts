import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { writeCohort } from "../../cohort/cohort-file.ts";
import type { LicenceClass } from "../../datasets/record.ts";
import { numberedRecords } from "../../teacher/testing/numbered-pictures.ts";
import {
  SERVED_USAGE,
  startTeacherServer,
  type TeacherServer,
} from "../../teacher/testing/teacher-server.ts";
import { readTraceFile } from "../../teacher/trace-file.ts";
import { filesBelow } from "../../util/files-below.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { studySchema } from "../schema/study.ts";
import type { StageContext } from "../stage.ts";
import { teachStage } from "./teach-stage.ts";

const KEY = "canary-key-77d0ba61c3";
const root = scratchFolder();
let server: TeacherServer;
let folder = "";
let count = 0;
beforeAll(async () => {
  vi.stubEnv("TEACHER_KEY", KEY);
});
afterAll(() => vi.unstubAllEnvs());
beforeEach(async () => {
  folder = path.join(root, `study-${count++}`);
  server = await startTeacherServer(() => ({ does: "answer" }));
  return () => server.close();
});

/** A study whose SFT set is drawn already, taught by the server. */
async function stageOf(licence: LicenceClass, teacher: Record<string, unknown> = {}, format = "free") {
  const config = studySchema.parse({
    schema: "chexreason.study/1",
    name: "small",
    model: { source: "." },
    data: { here: { kind: "folder", root: "." } },
    cohort: { source: "here", images: "decode" },
    format,
    teacher: {
      kind: "openai-compatible",
      model: "served",
      endpoint: `http://0.0.0.0:${server.port}/v1`,
      keyVariable: "TEACHER_KEY",
      price: { input: 1, output: 10 },
      spendingCap: 5,
      ...teacher,
    },
    evaluation: { sets: {} },
  });
  const context: StageContext = {
    study: { config, file: "study.yaml", folder, variants: [] },
    engines: {
      model: () => Promise.reject(new Error("no engine here")),
      another: () => Promise.reject(new Error("no engine here")),
      close: () => Promise.resolve(),
    },
    hash: "0123456789abcdef",
    onProgress: () => {},
    path: (...parts) => path.join(folder, ...parts),
    result: () => ({ files: [], summary: "", facts: { root: folder }, hash: "" }),
  };
  const records = await numberedRecords(folder, 6, { licence });
  await writeCohort(context.path("cohorts/sft.jsonl"), { name: "sft", use: "train", rule: "all", records });
  return { stage: teachStage(config), context };
}

describe("teachStage", () => {
  it("has a teacher behind an address write the traces, and says what the calls came to", async () => {
    const { stage, context } = await stageOf("open");
    const result = await stage.run(context);
    const cost = (SERVED_USAGE.input + SERVED_USAGE.output * 10) / 1e6;
    expect(result).toEqual({
      files: ["traces/free.jsonl", "traces/free.set-aside.jsonl"],
      summary: "6 traces, 0 set aside; 6 calls, 0 lost, 0 possibly paid twice, at most 0.00 USD",
      facts: { traces: 6, setAside: 0, teacher: "openai-compatible served", reasons: {} },
    });
    const traces = await readTraceFile(context.path("traces/free.jsonl"));
    expect(traces.map(({ id }) => id)).toEqual(["r0", "r1", "r2", "r3", "r4", "r5"]);
    expect(traces[0]?.teacher).toMatchObject({ name: "openai-compatible served", model_version: "served-1" });
    expect(traces[0]?.licence).toBe("open");
    const calls = JSON.parse(readFileSync(context.path("traces/free.calls.json"), "utf8"));
    expect(calls).toMatchObject({
      schema: "chexreason.teacher-calls/1",
      to: `0.0.0.0:${server.port}`,
      answers: 6,
    });
    expect(calls.spentAtMost).toBeCloseTo(6 * cost, 12);
    const bytes = readFileSync(context.path("traces/free.jsonl"), "utf8");
    await stage.run(context);
    expect(server.requests).toHaveLength(6);
    expect(readFileSync(context.path("traces/free.jsonl"), "utf8")).toBe(bytes);
  });

  it.each(["credentialed", "no-redistribution"] as const)(
    "opens no socket for %s data without an attestation, and one with it",
    async (licence) => {
      const { stage, context } = await stageOf(licence);
      await expect(stage.run(context)).rejects.toThrow(
        new RegExp(
          `^${licence} data may not leave this machine, .* \\(6 images\\): choose a teacher on this machine`,
        ),
      );
      expect(server.sockets()).toBe(0);
      expect(existsSync(context.path("traces/free.journal.jsonl"))).toBe(false);
      const attestation = {
        host: `0.0.0.0:${server.port}`,
        who: "the officer",
        date: "2026-01-31",
        onPremises: true,
      };
      const attested = await stageOf(licence, { attestation });
      await attested.stage.run(attested.context);
      expect(server.sockets()).toBe(6);
      const journal = readFileSync(context.path("traces/free.journal.jsonl"), "utf8");
      expect(journal).toContain('"because":"attested by the officer on 2026-01-31: on premises"');
    },
  );

  it("says which key is missing, before anything is sent", async () => {
    const { stage, context } = await stageOf("open", { keyVariable: "NO_SUCH_KEY" });
    await expect(stage.run(context)).rejects.toThrow(/^NO_SUCH_KEY is not set/);
    expect(server.sockets()).toBe(0);
  });

  it("leaves the key in no file, whatever went wrong", async () => {
    await server.close();
    const bad = ["limit", "reset", "cut", "twice", "repeat"] as const;
    server = await startTeacherServer((n) => {
      const does = bad[n];
      if (does !== undefined) return { does };
      return n < 8 ? { does: "fail", status: 500, message: `no ${KEY}` } : { does: "answer", text: KEY };
    });
    const calls = { backOffMs: 1 };
    const { stage, context } = await stageOf("open", { calls, retries: 0 });
    const { facts } = await stage.run(context);
    expect(facts).toMatchObject({ traces: 1, setAside: 5, reasons: { "does not parse": 5 } });
    for (const name of await filesBelow(folder))
      expect(readFileSync(path.join(folder, name)).includes(KEY)).toBe(false);
    expect(server.requests.every(({ key }) => key === KEY)).toBe(true);
  });

  it("stops in one line when the model's version changes, and keeps what was paid for", async () => {
    await server.close();
    server = await startTeacherServer((n) => ({ does: "answer", version: n < 3 ? "v1" : "v2" }));
    const { stage, context } = await stageOf("open", { concurrency: 1 });
    await expect(stage.run(context)).rejects.toThrow(
      /^teacher openai-compatible served answered for r3 as v2, not as v1: [^\n]+$/,
    );
    expect(server.requests).toHaveLength(4);
    const calls = JSON.parse(readFileSync(context.path("traces/free.calls.json"), "utf8"));
    expect(calls).toMatchObject({ calls: 4, answers: 4 });
    await expect(stage.run(context)).rejects.toThrow(/as v2, not as v1/);
    expect(server.requests).toHaveLength(4);
  });

  it("stops at the spending cap, and goes on where it was when the cap is raised", async () => {
    // Every answer has 40 tokens: 4 USD.
    const teacher = { price: { input: 0, output: 100_000 }, maxTokens: 40, concurrency: 3 };
    const first = await stageOf("open", { ...teacher, spendingCap: 13 });
    await expect(first.stage.run(first.context)).rejects.toThrow(
      /^teacher\.spendingCap is 13 USD: 12\.0000 USD may be spent/,
    );
    expect(server.requests).toHaveLength(3);
    const { stage, context } = await stageOf("open", { ...teacher, spendingCap: 24 });
    expect((await stage.run(context)).facts).toMatchObject({ traces: 6 });
    expect(server.requests).toHaveLength(6);
    expect(new Set(server.requests.map(({ picture }) => picture)).size).toBe(6);
  });

  it("holds the first answer to the version asked for", async () => {
    const { stage, context } = await stageOf("open", { modelVersion: "v9", concurrency: 1 });
    await expect(stage.run(context)).rejects.toThrow(/answered for r0 as served-1, not as v9/);
  });

  it("asks nobody for a format without reasoning", async () => {
    const { stage, context } = await stageOf("credentialed", {}, "only-label");
    expect((await stage.run(context)).facts).toEqual({ traces: 6, setAside: 0, teacher: "labels" });
    expect(server.sockets()).toBe(0);
  });

  it("is another stage for another teacher, and the same for another speed, cap or attestation", async () => {
    const configOf = async (teacher: Record<string, unknown>) =>
      JSON.stringify((await stageOf("open", teacher)).stage.config);
    const same = await configOf({});
    for (const teacher of [
      { concurrency: 9 },
      { spendingCap: 50 },
      { price: { input: 0, output: 0 } },
      { keyVariable: null },
    ])
      expect(await configOf(teacher)).toBe(same);
    for (const teacher of [
      { model: "other" },
      { temperature: 1 },
      { maxTokens: 9 },
      { retries: 9 },
      { imageSide: 512 },
    ])
      expect(await configOf(teacher)).not.toBe(same);
  });
});
