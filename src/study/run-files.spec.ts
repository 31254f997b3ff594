import path from "node:path";
import { expect, it } from "vitest";
import { writeFileAtomic } from "../util/files.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { runFiles } from "./run-files.ts";

const study = scratchFolder();

it("lists a run's files by their paths in the study, and no other run's", async () => {
  for (const file of [
    "runs/sft-a/metrics.jsonl",
    "runs/sft-a/checkpoints/step-1/trainer.json",
    "runs/sft-b/x",
  ]) {
    await writeFileAtomic(path.join(study, file), "");
  }
  expect(await runFiles(study, "runs/sft-a")).toEqual([
    "runs/sft-a/checkpoints/step-1/trainer.json",
    "runs/sft-a/metrics.jsonl",
  ]);
});
