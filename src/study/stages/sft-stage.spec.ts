import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { appendReviews, REVIEW_FILE } from "../../teacher/review/review-file.ts";
import { edemaTraces, exampleReview } from "../../teacher/review/testing/example-reviews.ts";
import { writeTraceFile } from "../../teacher/trace-file.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { studySchema } from "../schema/study.ts";
import { sftSchema } from "../schema/training.ts";
import type { StageContext } from "../stage.ts";
import { sftStage } from "./sft-stage.ts";

const config = studySchema.parse({
  schema: "chexreason.study/1",
  name: "small",
  model: { source: "nowhere" },
  data: {},
  cohort: { source: "here" },
  teacher: { kind: "worded" },
  evaluation: { sets: {} },
});
const folder = scratchFolder();
const stage = sftStage(config, sftSchema.parse({}));
const traces = await edemaTraces(4);

/** As far as the stage comes without an engine. */
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
  result: () => ({ files: [], summary: "", facts: {}, hash: "" }),
};
beforeEach(() => writeTraceFile(context.path("traces/free.jsonl"), traces));

describe("the SFT stage", () => {
  it("goes by the reviews: they are part of what it is made of, and rejected traces are set aside by name", async () => {
    expect(stage.inputs).toEqual([REVIEW_FILE]);
    const [first] = traces;
    if (first === undefined) throw new Error("no trace");
    const rejection = exampleReview(first, "ana", 1, { decision: "reject", reasons: ["not visible"] });
    await appendReviews(context.path(REVIEW_FILE), [rejection]);
    await expect(stage.run(context)).rejects.toThrow("no engine here");
    const aside = await readFile(context.path("traces/free.rejected.jsonl"), "utf8");
    expect(
      aside
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: "t0", patient: "patient of t0", reason: "rejected in review", detail: "ana: not visible" },
    ]);
    // The teacher's own text stays where it was.
    expect(await readFile(context.path("traces/free.jsonl"), "utf8")).toContain('"t0"');
  });
});
