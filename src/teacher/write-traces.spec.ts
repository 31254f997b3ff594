import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import { type LabelRow, labelRow } from "../labels/label.ts";
import { promptByName } from "../prompts/builtin-prompts.ts";
import { promptMessages } from "../prompts/chat-message.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { UserError } from "../util/user-error.ts";
import { checkTrace } from "./check-trace.ts";
import { NoAnswer, type TeacherProvider, type TeacherRequest } from "./teacher-provider.ts";
import { type Trace, traceCompletion, tracePrompt } from "./trace.ts";
import { readTraceFile, writeTraceFile } from "./trace-file.ts";
import { wordedTeacher } from "./worded-teacher.ts";
import { writeTraces } from "./write-traces.ts";

const record = (id: string, labels: LabelRow): ImageRecord => exampleRecord({ id, labels });
const RECORDS = [
  record("r1", labelRow({ Edema: 1, Pneumonia: -1, Fracture: 0 })),
  record("r2", labelRow({ Edema: -1 })),
  record("r3", labelRow({ "No Finding": 1, "Support Devices": 1 })),
];
const prompt = promptByName("free");
const settings = { prompt, provider: wordedTeacher, seed: 3 };
const saying = (text: string, modelVersion = "1", finish: "stop" | "length" = "stop"): TeacherProvider => ({
  name: "stub",
  modelVersion: "1",
  write: async () => ({ text, finish, modelVersion }),
});
const written = async (): Promise<Trace[]> => (await writeTraces(RECORDS, settings)).traces;

const folder = scratchFolder();
const file = path.join(folder, "free.jsonl");

describe("writeTraces", () => {
  it("gives the teacher stated positives only, and sets aside with a reason what has none", async () => {
    const { traces, setAside } = await writeTraces(RECORDS, settings);
    expect(traces.map(({ id, labels }) => [id, labels])).toEqual([
      ["r1", ["Edema"]],
      ["r3", ["No Finding", "Support Devices"]],
    ]);
    expect(setAside).toEqual([
      {
        id: "r2",
        patient: "patient of r2",
        reason: "no positive label",
        detail: "nothing to put into words",
      },
    ]);
  });

  it("stores what it was asked, by whom it was answered, and the licence", async () => {
    const [trace] = await written();
    expect(trace).toMatchObject({
      image: "images/r1.png",
      format: "free",
      answer: "reasoned",
      prompt_version: prompt.version,
      prompt_hash: prompt.hash,
      teacher: { name: "worded", model_version: "worded-1", seed: 3 },
      licence: "synthetic",
    });
    expect(trace === undefined ? [] : tracePrompt(trace)).toEqual(promptMessages(prompt));
  });

  it.each([
    ["<think>Hazy.</think><solution>Edema</solution>", null],
    ["Hazy vessels: Edema", "does not parse"],
    ["Sure. <think>Hazy.</think><solution>Edema</solution>", "does not parse"],
    ["<think>Hazy.</think><solution>Edema, Fracture</solution>", "labels differ"],
    ["<think>Hazy.</think><solution>Pneumonia</solution>", "labels differ"],
    ["<think>Hazy.</think><solution>Edema, Edema</solution>", "unknown or repeated label"],
    ["<think>Hazy.</think><solution>Edema, no pneumothorax</solution>", "unknown or repeated label"],
    [
      "<think>Based on the given labels, hazy.</think><solution>Edema</solution>",
      "mentions the given labels",
    ],
    ["<think>The ground truth says edema.</think><solution>Edema</solution>", "mentions the given labels"],
    [
      "<think>Consistent with the label, hazy.</think><solution>Edema</solution>",
      "mentions the given labels",
    ],
    ["<think>There is no edema.</think><solution>Edema</solution>", "denies a given finding"],
    ["<think>I was told of edema.</think><solution>Edema</solution>", "mentions the given labels"],
    [
      "<think>Consistent with the known history, a given lobe is hazy.</think><solution>Edema</solution>",
      null,
    ],
  ])("judges %j: %s", async (text, reason) => {
    const { traces, setAside } = await writeTraces(RECORDS.slice(0, 1), {
      ...settings,
      provider: saying(text),
    });
    expect(setAside.map((aside) => aside.reason)).toEqual(reason === null ? [] : [reason]);
    expect(traces).toHaveLength(reason === null ? 1 : 0);
  });

  it("sets a cut answer aside and says so", async () => {
    const provider = saying("<think>Hazy", "1", "length");
    const { setAside } = await writeTraces(RECORDS.slice(0, 1), { ...settings, provider });
    expect(setAside).toMatchObject([{ reason: "does not parse", detail: "cut off" }]);
  });

  it("asks again with the reason, and keeps the first answer that passes", async () => {
    const requests: TeacherRequest[] = [];
    const texts = ["nothing", "<think>a</think><solution>Fracture</solution>"];
    const provider: TeacherProvider = {
      ...saying(""),
      async write(request) {
        requests.push(request);
        const text = texts[requests.length - 1] ?? "<think>a</think><solution>Edema</solution>";
        return { text, finish: "stop", modelVersion: "1" };
      },
    };
    const asked = await writeTraces(RECORDS.slice(0, 1), { ...settings, provider, retries: 2 });
    expect(asked.traces).toHaveLength(1);
    expect(requests.map(({ attempt, remark }) => [attempt, remark])).toEqual([
      [0, undefined],
      [1, "does not parse"],
      [2, "labels differ"],
    ]);
    requests.length = 0;
    const given = await writeTraces(RECORDS.slice(0, 1), { ...settings, provider, retries: 1 });
    expect(given.setAside).toMatchObject([{ reason: "labels differ" }]);
    expect(requests).toHaveLength(2);
  });

  it("sets an image aside that gets no answer, and goes on", async () => {
    const provider: TeacherProvider = {
      ...saying(""),
      async write({ record: { id } }) {
        if (id === "r1") throw new NoAnswer("declined", "not this one");
        return {
          text: "<think>a</think><solution>No Finding, Support Devices</solution>",
          finish: "stop",
          modelVersion: "1",
        };
      },
    };
    const { traces, setAside } = await writeTraces(RECORDS, { ...settings, provider });
    expect(traces.map(({ id }) => id)).toEqual(["r3"]);
    expect(setAside.map(({ id, reason, detail }) => [id, reason, detail])).toEqual([
      ["r1", "declined", "not this one"],
      ["r2", "no positive label", "nothing to put into words"],
    ]);
  });

  it("lets the first answer say the version where none was asked for, and stops at another", async () => {
    let version = 0;
    const provider: TeacherProvider = {
      ...saying(""),
      modelVersion: null,
      write: async ({ labels }) => ({
        text: `<think>a</think><solution>${labels.join(", ")}</solution>`,
        finish: "stop",
        modelVersion: String(version++),
      }),
    };
    await expect(writeTraces(RECORDS, { ...settings, provider })).rejects.toThrow(
      /answered for r3 as 1, not as 0: one set of traces has one version/,
    );
  });

  it("sees the calls under way to their end when one stops the run, and begins no other", async () => {
    const records = Array.from({ length: 9 }, (_, n) => record(`r${n}`, labelRow({ Edema: 1 })));
    const begun: string[] = [];
    const ended: string[] = [];
    const held: (() => void)[] = [];
    const provider: TeacherProvider = {
      ...saying(""),
      async write({ record: { id }, stop }) {
        begun.push(id);
        if (id === "r1") throw new UserError("enough");
        await new Promise<void>((resolve) => held.push(resolve));
        expect(stop?.aborted).toBe(true);
        ended.push(id);
        return { text: "<think>a</think><solution>Edema</solution>", finish: "stop", modelVersion: "1" };
      },
    };
    const written = writeTraces(records, { ...settings, provider, concurrency: 3 });
    const outcome = expect(written).rejects.toThrow("enough");
    await new Promise((resolve) => setImmediate(resolve));
    for (const release of held) release();
    await outcome;
    expect(begun).toEqual(["r0", "r1", "r2"]);
    expect(ended).toEqual(["r0", "r2"]);
  });

  it("notes the instructions of a teacher that has some", async () => {
    const provider = {
      ...saying("<think>a</think><solution>Edema</solution>"),
      instructionHash: "a".repeat(64),
    };
    const { traces } = await writeTraces(RECORDS.slice(0, 1), { ...settings, provider });
    expect(traces[0]?.teacher).toEqual({
      name: "stub",
      model_version: "1",
      seed: 3,
      instruction_hash: "a".repeat(64),
    });
    await writeTraceFile(file, traces);
    expect(await readTraceFile(file)).toEqual(traces);
  });

  it("stops when another model version answers", async () => {
    const provider = saying("<think>a</think><solution>Edema</solution>", "2");
    await expect(writeTraces(RECORDS, { ...settings, provider })).rejects.toThrow(
      /teacher stub answered for r1 as 2, not as 1/,
    );
  });
});

describe("a trace file", () => {
  it("is read back as written, one JSON line a trace, in the chat-with-image form", async () => {
    const traces = await written();
    await writeTraceFile(file, traces);
    expect(await readTraceFile(file)).toEqual(traces);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const first = JSON.parse(lines[0] ?? "");
    expect(lines).toHaveLength(2);
    expect(first.messages).toEqual([
      { role: "user", content: [{ type: "image" }, { type: "text", text: prompt.text }] },
      { role: "assistant", content: [{ type: "text", text: traceCompletion(traces[0] as Trace) }] },
    ]);
    expect(traces.map((trace) => checkTrace(trace))).toEqual([null, null]);
  });

  it("has the same bytes for the same seed", async () => {
    await writeTraceFile(file, await written());
    const bytes = readFileSync(file);
    await writeTraceFile(file, await written());
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it.each([
    ["a cut line", (line: string) => line.slice(0, -9), /line 2: not JSON/],
    [
      "an unknown label",
      (line: string) => line.replace('"labels":["No Finding"', '"labels":["Normal"'),
      /line 2: labels\.0/,
    ],
    ["no label", (line: string) => line.replace(/"labels":\[[^\]]*\]/, '"labels":[]'), /line 2: labels/],
    ["a misspelt key", (line: string) => line.replace('"patient"', '"patinet"'), /line 2: patient/],
    ["another role", (line: string) => line.replace('"assistant"', '"system"'), /line 2: messages\.1\.role/],
    ["a bad licence", (line: string) => line.replace('"synthetic"', '"free"'), /line 2: licence/],
  ])("refuses %s by file, line and key", async (_name, change, message) => {
    await writeTraceFile(file, await written());
    const [first = "", second = ""] = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${first}\n${change(second)}\n`);
    await expect(readTraceFile(file)).rejects.toThrow(message);
  });

  it("refuses a record twice and a file that is not there", async () => {
    await writeTraceFile(file, await written());
    writeFileSync(file, readFileSync(file, "utf8").repeat(2));
    await expect(readTraceFile(file)).rejects.toThrow(/line 3: id r1 stands on line 1 already/);
    await expect(readTraceFile(path.join(folder, "none.jsonl"))).rejects.toThrow(
      /none\.jsonl cannot be read/,
    );
  });
});
