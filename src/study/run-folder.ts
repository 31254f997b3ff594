import { appendFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { writeFileAtomic, writeJsonAtomic } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import { runFiles, TIMINGS_FILE } from "./run-files.ts";
import type { StageContext } from "./stage.ts";

/** The folder of a training stage: `runs/<stage>-<hash>/`. */
export interface RunFolder {
  /** Relative to the study's folder. */
  readonly folder: string;
  /** Passes progress on, and logs the clock in `timings.jsonl`, so that `metrics.jsonl` needs none. */
  readonly onProgress: OnProgress;
  /** Marks the run as done by the file `DONE`; returns its files, relative to the study's folder. */
  close(): Promise<string[]>;
}

/** Makes the folder, with the stage's configuration in `config.json`; an interrupted run finds its own again. */
export async function openRunFolder(
  context: StageContext,
  stage: string,
  config: object,
): Promise<RunFolder> {
  const folder = `runs/${stage}-${context.hash}`;
  await mkdir(context.path(folder), { recursive: true });
  await writeJsonAtomic(context.path(folder, "config.json"), config);
  const timings = context.path(folder, TIMINGS_FILE);
  const begun = performance.now();
  return {
    folder,
    onProgress(progress) {
      const { done, total, unit } = progress;
      const row = {
        at: new Date().toISOString(),
        seconds: (performance.now() - begun) / 1000,
        done,
        total,
        unit,
      };
      appendFileSync(timings, `${JSON.stringify(row)}\n`);
      context.onProgress(progress);
    },
    async close() {
      await writeFileAtomic(context.path(folder, "DONE"), `${context.hash}\n`);
      return await runFiles(context.study.folder, folder);
    },
  };
}
