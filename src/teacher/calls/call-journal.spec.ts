import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { type CallIntent, openCallJournal, readCallJournal, type StoredAnswer } from "./call-journal.ts";

const folder = scratchFolder();
let file = "";
let count = 0;
beforeEach(() => {
  file = path.join(folder, `new/journal-${count++}.jsonl`);
});

const intent = (key: string, reserved = 0.5): CallIntent => ({
  key,
  to: "api.example",
  licence: "open",
  because: "open data",
  reserved,
  at: "2026-01-01T00:00:00.000Z",
});
const answer = (text: string, changes: Partial<StoredAnswer> = {}): StoredAnswer => ({
  text,
  finish: "stop",
  modelVersion: "v1",
  responseId: `id of ${text}`,
  usage: { input: 100, output: 20 },
  cost: 0.25,
  ...changes,
});

describe("openCallJournal", () => {
  it("remembers answers by their key, over its own end", async () => {
    const journal = await openCallJournal(file);
    expect(journal.answerTo("a")).toBeUndefined();
    const call = await journal.intend(intent("a"));
    await journal.store(call, answer("one"));
    expect(journal.answerTo("a")).toEqual(answer("one"));
    await journal.close();
    const again = await openCallJournal(file);
    expect(again.answerTo("a")).toEqual(answer("one"));
    expect([...again.answers()]).toEqual([answer("one")]);
    expect(await again.intend(intent("b"))).toBe(call + 1);
    await again.close();
  });

  it("has an intent on the disk before it resolves", async () => {
    const journal = await openCallJournal(file);
    await journal.intend(intent("a"));
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ type: "intent", call: 0, ...intent("a") });
    await journal.close();
  });

  it("counts answered, lost and unbilled calls, and what was asked again", async () => {
    const journal = await openCallJournal(file);
    const calls = await Promise.all(["a", "b", "c", "d", "e"].map((key) => journal.intend(intent(key))));
    expect(calls).toEqual([0, 1, 2, 3, 4]);
    await journal.store(0, answer("one"));
    await journal.fail(1, { outcome: "lost", detail: "cut" });
    await journal.fail(2, { outcome: "rate-limited", detail: "slow" });
    await journal.fail(3, { outcome: "duplicate", detail: "again" });
    // 4 has no end. b and e are asked again, d is not.
    await journal.store(await journal.intend(intent("b")), answer("two", { cost: 0.125 }));
    await journal.intend(intent("e", 1));
    const totals = {
      calls: 7,
      answers: 2,
      lost: 4,
      possiblyPaidTwice: 2,
      spentAtMost: 0.25 + 0.125 + (0.5 + 0.5 + 0.5 + 1),
      lostAtMost: 2.5,
      inputTokens: 200,
      outputTokens: 40,
    };
    expect(journal.totals()).toEqual(totals);
    await journal.close();
    const again = await openCallJournal(file);
    expect(again.totals()).toEqual(totals);
    await again.close();
    expect((await readCallJournal(file))?.totals()).toEqual(totals);
  });

  it("cuts off a torn last line, whose call then has no end, and writes on behind whole lines", async () => {
    const journal = await openCallJournal(file);
    const call = await journal.intend(intent("a"));
    await journal.store(call, answer("one"));
    await journal.close();
    const text = readFileSync(file, "utf8");
    for (const bytes of [1, 2, 40]) {
      writeFileSync(file, text.slice(0, -bytes));
      const torn = await openCallJournal(file);
      expect(torn.answerTo("a")).toBeUndefined();
      expect(torn.totals()).toMatchObject({ calls: 1, answers: 0, lost: 1, possiblyPaidTwice: 0 });
      await torn.store(await torn.intend(intent("a")), answer("two"));
      expect(torn.totals()).toMatchObject({ calls: 2, answers: 1, possiblyPaidTwice: 1 });
      await torn.close();
      for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) JSON.parse(line);
    }
  });

  it("cuts a torn line inside a letter of several bytes", async () => {
    const journal = await openCallJournal(file);
    await journal.intend(intent("a"));
    await journal.close();
    appendFileSync(file, Buffer.from('{"type":"answer","call":0,"text":"é').subarray(0, -1));
    const torn = await openCallJournal(file);
    expect(torn.totals()).toMatchObject({ calls: 1, lost: 1 });
    await torn.close();
    expect(readFileSync(file, "utf8").endsWith("}\n")).toBe(true);
  });

  it.each([
    ["broken in the middle", "{", /line 1: not JSON/],
    ["of another kind", '{"type":"call"}', /line 1: type/],
    ["without its key", '{"type":"intent","call":0}', /line 1: key/],
  ])("refuses a line %s by its number", async (_what, line, message) => {
    const journal = await openCallJournal(file);
    await journal.close();
    writeFileSync(file, `${line}\n`);
    await expect(openCallJournal(file)).rejects.toThrow(message);
    await expect(readCallJournal(file)).rejects.toThrow(message);
  });

  it("keeps every line whole when many calls write at once", async () => {
    const journal = await openCallJournal(file);
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) =>
        journal.store(await journal.intend(intent(`k${n}`)), answer(`t${n}`)),
      ),
    );
    await journal.close();
    const again = await openCallJournal(file);
    expect(again.totals()).toMatchObject({ calls: 200, answers: 200, lost: 0 });
    expect(again.answerTo("k137")?.text).toBe("t137");
    await again.close();
  });

  it("knows an answer again by the provider's number and the text together", async () => {
    const journal = await openCallJournal(file);
    const call = await journal.intend(intent("a"));
    const stored = journal.store(call, answer("one"));
    // Before it is on the disk already: two calls may get the same answer at the same time.
    expect(journal.holdsSame(answer("one"))).toBe(true);
    await stored;
    expect(journal.holdsSame(answer("one", { responseId: "another" }))).toBe(false);
    expect(journal.holdsSame(answer("two", { responseId: "id of one" }))).toBe(false);
    await journal.store(await journal.intend(intent("b")), answer("x", { responseId: null }));
    expect(journal.holdsSame(answer("x", { responseId: null }))).toBe(false);
    await journal.close();
  });

  it("writes nothing more after a failed write", async () => {
    const journal = await openCallJournal(file);
    await journal.intend(intent("a"));
    await journal.close();
    await expect(journal.intend(intent("b"))).rejects.toThrow();
    await expect(journal.intend(intent("c"))).rejects.toThrow();
    expect(journal.totals().calls).toBe(1);
  });
});

describe("readCallJournal", () => {
  it("says null where there is none, and leaves a torn line as it is", async () => {
    expect(await readCallJournal(file)).toBeNull();
    const journal = await openCallJournal(file);
    await journal.intend(intent("a"));
    await journal.close();
    appendFileSync(file, "{half");
    expect((await readCallJournal(file))?.totals().calls).toBe(1);
    expect(readFileSync(file, "utf8").endsWith("{half")).toBe(true);
  });
});
