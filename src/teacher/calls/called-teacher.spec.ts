import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ImageRecord } from "../../datasets/record.ts";
import { promptByName } from "../../prompts/builtin-prompts.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import type { TeacherRequest } from "../teacher-provider.ts";
import { teacherText } from "../teacher-text.ts";
import { numberedRecords } from "../testing/numbered-pictures.ts";
import {
  answered,
  failed,
  jumpingClock,
  type ScriptedModel,
  scriptedModel,
} from "../testing/scripted-model.ts";
import { type CallJournal, openCallJournal } from "./call-journal.ts";
import { type CalledTeacherSettings, calledTeacher, callKey } from "./called-teacher.ts";

const folder = scratchFolder();
const text = teacherText();
let records: readonly ImageRecord[] = [];
let journal: CallJournal;
let clock = jumpingClock();
let count = 0;
beforeAll(async () => {
  records = await numberedRecords(folder, 8);
});
beforeEach(async () => {
  clock = jumpingClock();
  journal = await openCallJournal(path.join(folder, `journal-${count++}.jsonl`));
});

afterEach(() => journal.close());

const settings = (changes: Partial<CalledTeacherSettings> = {}): CalledTeacherSettings => ({
  root: folder,
  text,
  modelVersion: null,
  price: { input: 1000, output: 1000 },
  maxTokens: 100,
  imageTokens: 0,
  spendingCap: null,
  calls: { tries: 3, backOffMs: 100, longestWaitSeconds: 60 },
  clock,
  ...changes,
});
const request = (n = 0, changes: Partial<TeacherRequest> = {}): TeacherRequest => ({
  record: records[n] as ImageRecord,
  labels: ["Edema"],
  prompt: promptByName("free"),
  seed: 1,
  ...changes,
});
const teach = (model: ScriptedModel, changes: Partial<CalledTeacherSettings> = {}) =>
  calledTeacher(model, journal, settings(changes));

describe("calledTeacher", () => {
  it("asks once, and gives the stored answer from then on", async () => {
    const model = scriptedModel([]);
    const first = await teach(model).write(request());
    expect(first).toEqual({
      text: "<think>Hazy.</think><solution>Edema</solution>",
      finish: "stop",
      modelVersion: "v1",
    });
    expect(await teach(model).write(request())).toEqual(first);
    expect(model.asked).toHaveLength(1);
    expect(model.asked[0]).toMatchObject({
      licence: "synthetic",
      picture: { width: 16, height: 16, channels: 1 },
    });
    expect(model.asked[0]?.user).toContain("Edema");
  });

  it("asks anew for whatever changes the answer", async () => {
    const model = scriptedModel([]);
    const teacher = teach(model);
    const changes: Partial<TeacherRequest>[] = [
      {},
      { labels: ["Edema", "Fracture"] },
      { prompt: promptByName("narrative") },
      { seed: 2 },
      { attempt: 1, remark: "does not parse" },
      { attempt: 2, remark: "does not parse" },
    ];
    for (const change of changes) await teacher.write(request(0, change));
    await teacher.write(request(1));
    expect(model.asked).toHaveLength(changes.length + 1);
    expect(new Set(model.asked.map(({ seed }) => seed)).size).toBe(changes.length + 1);
    const other = { identity: { kind: "scripted", temperature: 1 } };
    expect(callKey(other, request(), text)).not.toBe(callKey(model, request(), text));
    expect(callKey(model, request(), { ...text, hash: "x" })).not.toBe(callKey(model, request(), text));
  });

  it("has the intent in the journal before it calls, with where it goes and why that is allowed", async () => {
    let seen = "";
    const model = scriptedModel([
      () => {
        seen = readFileSync(path.join(folder, `journal-${count - 1}.jsonl`), "utf8");
        return answered();
      },
    ]);
    await teach(model).write(request());
    expect(JSON.parse(seen)).toMatchObject({
      type: "intent",
      to: "nowhere",
      licence: "synthetic",
      because: "a spec",
      at: "2026-01-01T00:00:00.000Z",
    });
  });

  it("refuses what may not leave before it opens the picture or writes an intent", async () => {
    const model = scriptedModel([], { permit: () => ({ outcome: "refused", because: "not allowed" }) });
    const record = { ...(records[0] as ImageRecord), image: "not/there.png" };
    await expect(teach(model).write(request(0, { record }))).rejects.toThrow("not allowed");
    expect(journal.totals().calls).toBe(0);
    expect(model.asked).toEqual([]);
  });

  it("sets an image aside that cannot be read, before any call", async () => {
    writeFileSync(path.join(folder, "broken.png"), "no picture");
    const record = { ...(records[0] as ImageRecord), image: "broken.png" };
    await expect(teach(scriptedModel([])).write(request(0, { record }))).rejects.toMatchObject({
      name: "NoAnswer",
      reason: "unreadable image",
    });
    expect(journal.totals().calls).toBe(0);
  });

  it("tries again after failures, with growing pauses or as long as the server asks", async () => {
    const model = scriptedModel([failed("unavailable"), failed("lost", 5000)]);
    await teach(model).write(request());
    expect(model.asked).toHaveLength(3);
    const [first = 0, second] = clock.slept;
    expect(first).toBeGreaterThanOrEqual(50);
    expect(first).toBeLessThanOrEqual(100);
    expect(second).toBe(5000);
    expect(journal.totals()).toMatchObject({ calls: 3, answers: 1, lost: 1, possiblyPaidTwice: 1 });
  });

  it("sets an image aside after its tries", async () => {
    const model = scriptedModel([failed("lost"), failed("unavailable"), failed("lost")]);
    await expect(teach(model).write(request())).rejects.toMatchObject({
      reason: "no answer",
      message: "after 3 tries: lost!",
    });
    expect(journal.totals()).toMatchObject({ calls: 3, lost: 2, possiblyPaidTwice: 1 });
  });

  it("stops when image after image gets no answer, and not when one gets its", async () => {
    const gone = (images: number) => Array.from({ length: 3 * images }, () => failed("unavailable"));
    const teacher = teach(scriptedModel([...gone(4), answered(), ...gone(5)]));
    for (let n = 0; n < 4; n++)
      await expect(teacher.write(request(n))).rejects.toMatchObject({ reason: "no answer" });
    await teacher.write(request(4));
    for (let n = 0; n < 4; n++)
      await expect(teacher.write(request(n))).rejects.toMatchObject({ reason: "no answer" });
    await expect(teacher.write(request(5))).rejects.toThrow(
      /gave no answer for 5 images in a row \(unavailable!\)/,
    );
  });

  it("has everybody wait when the rate is limited, and sets nothing aside for it", async () => {
    const limits = Array.from({ length: 6 }, () => failed("rate-limited", 2000));
    const model = scriptedModel(limits);
    const teacher = teach(model);
    await Promise.all([teacher.write(request(0)), teacher.write(request(1))]);
    expect(model.asked).toHaveLength(8);
    expect(Math.max(...clock.slept)).toBeLessThanOrEqual(2000);
    expect(journal.totals()).toMatchObject({ answers: 2, lost: 0, spentAtMost: 0.22 });
  });

  it("stops at a limit that does not end, and at one that is too long to wait for", async () => {
    const endless = scriptedModel(Array.from({ length: 60 }, () => failed("rate-limited", 0)));
    await expect(teach(endless).write(request())).rejects.toThrow(/limited 50 calls in a row/);
    expect(endless.asked).toHaveLength(50);
    const long = scriptedModel([failed("rate-limited", 61_000)]);
    await expect(teach(long).write(request(1))).rejects.toThrow(/asks to wait 61 s .*run again later/);
    expect(clock.slept.every((ms) => ms <= 60_000)).toBe(true);
  });

  it("tells what it will not answer from who will get no answer at all", async () => {
    await expect(teach(scriptedModel([failed("declined")])).write(request())).rejects.toMatchObject({
      reason: "declined",
    });
    await expect(teach(scriptedModel([failed("refused")])).write(request())).rejects.toThrow(
      /^teacher scripted refuses: refused!$/,
    );
    const filtered = teach(scriptedModel([answered({ finish: "declined", text: "" })]));
    await expect(filtered.write(request(1))).rejects.toMatchObject({ reason: "declined" });
    // Paid for and stored: not asked again.
    await expect(filtered.write(request(1))).rejects.toMatchObject({ reason: "declined" });
    expect(journal.totals()).toMatchObject({ calls: 3, answers: 1, lost: 0 });
  });

  it("throws away the answer of an earlier call that comes again", async () => {
    const twin = answered();
    const model = scriptedModel([twin, twin]);
    const teacher = teach(model);
    await teacher.write(request(0));
    await teacher.write(request(1));
    expect(model.asked).toHaveLength(3);
    expect(journal.totals()).toMatchObject({ answers: 2, lost: 1, possiblyPaidTwice: 1 });
  });
});

describe("the spending cap", () => {
  const bytes = Buffer.byteLength(text.system) + 64;

  it("stops before the call that may pass it", async () => {
    const model = scriptedModel([]);
    const teacher = teach(model, { spendingCap: 3 });
    // An answer costs (100 + 10) * 1000 / 1e6 = 0.11 USD; what is set aside for one is over 1 USD for the text alone.
    expect(bytes).toBeGreaterThan(1000);
    const run = async (): Promise<void> => {
      for (let n = 0; n < 8; n++)
        for (let seed = 0; seed < 9; seed++) await teacher.write(request(n, { seed }));
    };
    await expect(run()).rejects.toThrow(
      /^teacher\.spendingCap is 3 USD: \d\.\d+ USD may be spent, and the next call may cost/,
    );
    const { spentAtMost, answers } = journal.totals();
    expect(spentAtMost).toBeCloseTo(0.11 * answers, 9);
    expect(spentAtMost).toBeLessThan(3);
    expect(model.asked).toHaveLength(answers);
  });

  it("counts what an interrupted run spent, and what it may have lost", async () => {
    const model = scriptedModel([() => new Promise(() => {})]);
    void teach(model, { spendingCap: 3 }).write(request());
    await expect.poll(() => model.asked.length).toBe(1);
    const { lostAtMost } = journal.totals();
    expect(lostAtMost).toBeGreaterThan(1.5);
    const next = teach(scriptedModel([]), { spendingCap: lostAtMost + 0.5 });
    await expect(next.write(request(1))).rejects.toThrow(/spendingCap/);
    await teach(scriptedModel([]), { spendingCap: 2 * lostAtMost + 0.5 }).write(request(1));
  });

  it("reckons with the dearest call so far", async () => {
    const model = scriptedModel([answered({ usage: { input: 100, output: 5000 } })]);
    const teacher = teach(model, { spendingCap: 10 });
    await teacher.write(request(0));
    await expect(teacher.write(request(1))).rejects.toThrow(/may cost [67]\.\d+ USD more/);
    expect(model.asked).toHaveLength(1);
  });

  it("books the reservation where no usage is reported", async () => {
    await teach(scriptedModel([answered({ usage: { input: null, output: null } })])).write(request());
    expect(journal.totals().spentAtMost).toBeGreaterThan(1.5);
  });
});

describe("a run that was stopped", () => {
  it("begins no further call, not even a try again", async () => {
    const stop = new AbortController();
    const model = scriptedModel([
      () => {
        stop.abort();
        return failed("unavailable");
      },
    ]);
    await expect(teach(model).write(request(0, { stop: stop.signal }))).rejects.toThrow("stopped");
    expect(model.asked).toHaveLength(1);
  });
});
