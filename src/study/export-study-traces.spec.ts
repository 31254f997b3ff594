import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { appendReviews, REVIEW_FILE } from "../teacher/review/review-file.ts";
import { edemaTraces, exampleReview } from "../teacher/review/testing/example-reviews.ts";
import { writeTraceFile } from "../teacher/trace-file.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { exportStudyTraces } from "./export-study-traces.ts";
import type { Study } from "./load-study.ts";
import { studySchema } from "./schema/study.ts";
import { recordStage } from "./stage-record.ts";

const root = scratchFolder();
const folder = path.join(root, "study");
const config = studySchema.parse({
  schema: "chexreason.study/1",
  name: "small",
  model: { source: "." },
  data: { here: { kind: "phantom", site: "phantom-mimic", images: 10 } },
  cohort: { source: "here" },
  teacher: { kind: "worded" },
  evaluation: { sets: {} },
});
const study: Study = { config, file: "study.yaml", folder, variants: [] };
const out = path.join(root, "out");
const imagesOf = (file: string): string[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).images[0]);

describe("exportStudyTraces", () => {
  it("says what to run first where there are no traces", async () => {
    await expect(exportStudyTraces(study, { format: "trl", folder: out })).rejects.toThrow(
      /has no traces yet: run `chexreason teach study\.yaml` first/,
    );
  });

  describe("of a study that was taught and reviewed", () => {
    beforeAll(async () => {
      const result = { files: [], summary: "", facts: { root: "hospitals/here" } };
      await recordStage(folder, "data here", "h", result, 0);
      await recordStage(folder, "teach", "h", result, 0);
      const traces = await edemaTraces(3);
      await writeTraceFile(path.join(folder, "traces/free.jsonl"), traces);
      const [first] = traces;
      if (first === undefined) throw new Error("no trace");
      await appendReviews(path.join(folder, REVIEW_FILE), [
        exampleReview(first, "ann", 9, { decision: "reject", reasons: ["invented"] }),
      ]);
    });

    it("leaves out what reviewers rejected, and names pictures by where they lie", async () => {
      const { traces } = await exportStudyTraces(study, { format: "trl", folder: out });
      expect(traces).toBe(2);
      const images = imagesOf(path.join(out, "train.jsonl"));
      expect(images.every((image) => image.startsWith(`${path.join(folder, "hospitals/here")}/`))).toBe(true);
    });

    it("names them by another root when asked", async () => {
      await exportStudyTraces(study, { format: "ms-swift", folder: out, imageRoot: "/mnt/mimic" });
      expect(imagesOf(path.join(out, "train.jsonl")).every((image) => image.startsWith("/mnt/mimic/"))).toBe(
        true,
      );
    });
  });
});
