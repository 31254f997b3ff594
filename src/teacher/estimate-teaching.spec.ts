import path from "node:path";
import { describe, expect, it } from "vitest";
import { exampleRecord } from "../datasets/testing/example-record.ts";
import { LABELS } from "../labels/label.ts";
import { promptByName } from "../prompts/builtin-prompts.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { openCallJournal } from "./calls/call-journal.ts";
import { callKey } from "./calls/called-teacher.ts";
import { estimateTeaching } from "./estimate-teaching.ts";
import type { TeacherRequest } from "./teacher-provider.ts";
import { teacherQuestion } from "./teacher-question.ts";
import { teacherText } from "./teacher-text.ts";
import { scriptedModel } from "./testing/scripted-model.ts";

const folder = scratchFolder();
const model = scriptedModel([]);
const text = teacherText();
const prompt = promptByName("free");
const settings = { price: { input: 1.25, output: 10 }, maxTokens: 8192, imageTokens: 2048, spendingCap: 30 };
const request = (id: string): TeacherRequest => ({
  record: exampleRecord({ id }),
  labels: ["Edema"],
  prompt,
  seed: 1,
});
const bytesOf = (labels: readonly (typeof LABELS)[number][]): number => {
  const { system, user } = teacherQuestion({ labels, prompt }, text);
  return Buffer.byteLength(system) + Buffer.byteLength(user);
};

describe("estimateTeaching", () => {
  it("reckons with the longest question before the images are drawn", () => {
    const estimate = estimateTeaching(model, text, { images: 2000, prompt }, settings, null);
    const input = bytesOf(LABELS) + 2048 + 64;
    expect(estimate).toMatchObject({
      teacher: "scripted",
      to: "nowhere",
      images: 2000,
      answered: 0,
      tokens: { inputAtMost: 2000 * input, outputAtMost: 2000 * 8192 },
      usd: { expected: null, spent: 0, cap: 30 },
    });
    expect(estimate.usd.atMost).toBeCloseTo((2000 * (input * 1.25 + 8192 * 10)) / 1e6, 6);
  });

  it("leaves out what is answered, and expects the rest to cost as much", async () => {
    const journal = await openCallJournal(path.join(folder, "journal.jsonl"));
    const requests = ["a", "b", "c", "d"].map(request);
    const answer = { text: "", finish: "stop", modelVersion: "v", responseId: null } as const;
    for (const [n, asked] of requests.slice(0, 2).entries()) {
      const intent = { to: "x", licence: "open", because: "", reserved: 1, at: "" } as const;
      const call = await journal.intend({ key: callKey(model, asked, text), ...intent });
      await journal.store(call, { ...answer, usage: { input: 1, output: 1 }, cost: 0.01 + 0.02 * n });
    }
    const estimate = estimateTeaching(model, text, requests, settings, journal);
    await journal.close();
    expect(estimate).toMatchObject({ images: 4, answered: 2 });
    expect(estimate.tokens).toEqual({
      inputAtMost: 2 * (bytesOf(["Edema"]) + 2048 + 64),
      outputAtMost: 2 * 8192,
    });
    expect(estimate.usd.expected).toBeCloseTo(0.04, 12);
    expect(estimate.usd.spent).toBeCloseTo(0.04, 12);
  });
});
