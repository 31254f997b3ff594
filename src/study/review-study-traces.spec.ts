import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { edemaTraces, exampleReview } from "../teacher/review/testing/example-reviews.ts";
import { traceHash } from "../teacher/review/trace-hash.ts";
import { writeTraceFile } from "../teacher/trace-file.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import type { Study } from "./load-study.ts";
import { addReview, importReviews, sampleStudyTraces, studyAgreement } from "./review-study-traces.ts";
import { studySchema } from "./schema/study.ts";
import { recordStage } from "./stage-record.ts";

const config = studySchema.parse({
  schema: "chexreason.study/1",
  name: "small",
  model: { source: "nowhere" },
  data: {},
  cohort: { source: "here" },
  teacher: { kind: "worded" },
  evaluation: { sets: {} },
});
const root = scratchFolder();
const traces = await edemaTraces(6);
const [first, second] = traces;
if (first === undefined || second === undefined) throw new Error("no traces");

/** A study in a folder of its own, its traces written. */
async function taught(name: string): Promise<Study> {
  const folder = path.join(root, name);
  await writeTraceFile(path.join(folder, "traces/free.jsonl"), traces);
  const result = { files: ["traces/free.jsonl"], summary: "", facts: {} };
  await recordStage(folder, "teach", "0123456789abcdef", result, 1);
  return { config, file: "small.yaml", folder, variants: [] };
}
const SAMPLE = { n: 4, rule: "plain", unread: false } as const;
const ACCEPT = { reader: "ana", time: "2025-03-01T12:00:00Z", decision: "accept", reasons: [], ratings: {} };
const linesOf = async (study: Study) =>
  (await readFile(path.join(study.folder, "traces/reviews.jsonl"), "utf8")).split("\n").slice(0, -1);

describe("sampleStudyTraces", () => {
  it("gives every reader the same set, another by another seed, and for a further round what is unread", async () => {
    const study = await taught("sample");
    const { of, items } = await sampleStudyTraces(study, SAMPLE);
    expect([of, items.length]).toEqual([6, 4]);
    expect(await sampleStudyTraces(study, SAMPLE)).toEqual({ of, items });
    const orders = await Promise.all([1, 2, 3].map((seed) => sampleStudyTraces(study, { ...SAMPLE, seed })));
    expect(new Set(orders.map((set) => set.items.map(({ id }) => id).join())).size).toBeGreaterThan(1);
    for (const { trace } of items) await addReview(study, trace, ACCEPT);
    const rest = await sampleStudyTraces(study, { ...SAMPLE, unread: true });
    expect(rest.of).toBe(2);
    expect(rest.items.some(({ id }) => items.some((item) => item.id === id))).toBe(false);
  });

  it("says that there are no traces yet", async () => {
    const study = { ...(await taught("taught")), folder: path.join(root, "nothing") };
    await expect(sampleStudyTraces(study, SAMPLE)).rejects.toThrow(
      /nothing has no traces yet: run `chexreason teach small\.yaml` first/,
    );
  });
});

describe("addReview", () => {
  it("finds the trace by the beginning of its hash or its image's id, and adds one line", async () => {
    const study = await taught("add");
    expect(await addReview(study, traceHash(first).slice(0, 10), ACCEPT)).toMatchObject({
      added: 1,
      known: 0,
    });
    const reject = { ...ACCEPT, decision: "reject", reasons: ["not visible"], ratings: { safe: 2 } };
    expect(await addReview(study, "t1", reject)).toMatchObject({ added: 1 });
    expect(await addReview(study, "t1", reject)).toMatchObject({ added: 0, known: 1 });
    const rows = (await linesOf(study)).map((line) => JSON.parse(line));
    expect(rows.map(({ trace }) => trace)).toEqual([traceHash(first), traceHash(second)]);
    expect(rows[1]).toMatchObject({
      schema: "chexreason.review/1",
      reasons: ["not visible"],
      ratings: { safe: 2 },
    });
  });

  it.each([
    ["", ACCEPT, /--trace {2}fits 6 traces: give an image's id, or more of the hash/],
    ["nothing", ACCEPT, /--trace nothing fits 0 traces/],
    ["t0", { ...ACCEPT, decision: "reject" }, /the review: reasons: a rejection needs a reason/],
    ["t0", { ...ACCEPT, decision: "edit" }, /the review: text: /],
    ["t0", { ...ACCEPT, decision: "edit", text: "Edema" }, /the review: the edit of t0: does not parse/],
    ["t0", { ...ACCEPT, ratings: { safe: 9 } }, /the review: ratings\.safe: /],
  ])("refuses --trace %j with %j, and adds nothing", async (trace, review, message) => {
    const study = await taught("refused");
    await expect(addReview(study, trace, review)).rejects.toThrow(message);
    await expect(linesOf(study)).rejects.toThrow("ENOENT");
  });
});

describe("importReviews", () => {
  it("adds all reviews of a file, or none", async () => {
    const study = await taught("import");
    const file = path.join(study.folder, "from-ana.jsonl");
    const reviews = [exampleReview(first, "ana", 1), exampleReview(second, "ana", 2)];
    const write = (rows: readonly object[]) =>
      writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await write([...reviews, { ...reviews[1], trace: "0".repeat(64) }]);
    await expect(importReviews(study, file)).rejects.toThrow(
      /from-ana\.jsonl, line 3: there is no trace 0000/,
    );
    await expect(linesOf(study)).rejects.toThrow("ENOENT");
    await write(reviews);
    expect(await importReviews(study, file)).toMatchObject({ added: 2, known: 0 });
    expect(await importReviews(study, file)).toMatchObject({ added: 0, known: 2 });
    expect(await linesOf(study)).toHaveLength(2);
  });
});

describe("studyAgreement", () => {
  it("is of the study's reviews; without any there is none", async () => {
    const study = await taught("agreement");
    const options = { weights: "linear", resamples: 10 } as const;
    expect(await studyAgreement(study, options)).toMatchObject({ outcome: "no reviews", traces: 6 });
    for (const reader of ["ana", "ben"]) await addReview(study, "t0", { ...ACCEPT, reader });
    const result = await studyAgreement(study, options);
    expect(result).toMatchObject({ outcome: "agreement", reviewed: 1, pairs: [{ readers: ["ana", "ben"] }] });
  });
});
