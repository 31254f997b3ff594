import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { UserError } from "../../util/user-error.ts";
import { appendReviews, readReviews } from "./review-file.ts";
import { edemaTraces, exampleReview } from "./testing/example-reviews.ts";

const folder = scratchFolder();
const [trace] = await edemaTraces(1);
if (trace === undefined) throw new Error("no trace");
const accepted = exampleReview(trace, "ana", 1, { ratings: { safe: 5, factual: 4 } });
const rejected = exampleReview(trace, "ben", 2, { decision: "reject", reasons: ["not visible"] });
const edited = exampleReview(trace, "ana", 3, { decision: "edit", text: "<think>é</think>" });

describe("appendReviews", () => {
  it("adds lines, and leaves what stands as it is", async () => {
    const file = path.join(folder, "new/reviews.jsonl");
    expect(await readReviews(file)).toEqual([]);
    expect(await appendReviews(file, [accepted])).toBe(1);
    const before = readFileSync(file, "utf8");
    expect(await appendReviews(file, [rejected, edited])).toBe(2);
    expect(readFileSync(file, "utf8").startsWith(before)).toBe(true);
    expect(await readReviews(file)).toEqual([accepted, rejected, edited]);
  });

  it("passes over what the file holds already, and what comes twice", async () => {
    const file = path.join(folder, "twice.jsonl");
    await appendReviews(file, [accepted]);
    const before = readFileSync(file, "utf8");
    const turned = Object.fromEntries(Object.entries(accepted).reverse()) as typeof accepted;
    expect(await appendReviews(file, [accepted, turned])).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(await appendReviews(file, [rejected, rejected])).toBe(1);
  });

  it("makes no file for nothing", async () => {
    const file = path.join(folder, "nothing.jsonl");
    expect(await appendReviews(file, [])).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it("does not write on behind a line that was cut off", async () => {
    const file = path.join(folder, "torn.jsonl");
    writeFileSync(file, '{"schema":"chexr');
    await expect(appendReviews(file, [accepted])).rejects.toThrow(/torn\.jsonl: the last line has no end/);
    expect(readFileSync(file, "utf8")).toBe('{"schema":"chexr');
  });
});

describe("readReviews", () => {
  it.each([
    [{ decision: "maybe" }, /line 2: decision: /],
    [{ decision: "reject", reasons: [] }, /line 2: reasons: a rejection needs a reason/],
    [{ decision: "reject" }, /line 2: reasons: /],
    [{ decision: "edit" }, /line 2: text: /],
    [{ decision: "accept", text: "a" }, /line 2: the line: Unrecognized key: "text"/],
    [{ ratings: { safe: 6 } }, /line 2: ratings\.safe: /],
    [{ ratings: { pretty: 3 } }, /line 2: ratings/],
    [{ time: "yesterday" }, /line 2: time: /],
    [{ trace: "abc" }, /line 2: trace: must be the 64 hexadecimal digits/],
    [{ reader: "a b" }, /line 2: reader: must be a short name/],
    [{ schema: "chexreason.review/2" }, /line 2: schema: .*; correct the line$/],
  ])("refuses %j, naming the line and the key", async (change, message) => {
    const file = path.join(folder, "wrong.jsonl");
    writeFileSync(file, `${JSON.stringify(accepted)}\n${JSON.stringify({ ...accepted, ...change })}\n`);
    await expect(readReviews(file)).rejects.toThrow(message);
    await expect(readReviews(file)).rejects.toThrow(UserError);
  });
});
