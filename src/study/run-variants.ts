import { mkdir, readlink, symlink } from "node:fs/promises";
import path from "node:path";
import { REVIEW_FILE } from "../teacher/review/review-file.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";
import { recipesOf } from "./recipes.ts";
import type { RunListener, StageEvent } from "./run-stages.ts";
import { type RunStudyOptions, runStudy } from "./run-study.ts";
import { sharedEngines } from "./shared-engines.ts";
import { finishedStage, recordStage, type StageRecord } from "./stage-record.ts";
import { lockStudy } from "./study-lock.ts";
import { writeWholeReport } from "./whole-report.ts";
import { WHOLE_REPORT, wholeReportHash } from "./whole-report-hash.ts";

/** What all variants use alike, and would otherwise make again: drawn hospitals, and what the vision tower saw. */
const SHARED_FOLDERS = ["hospitals", "cache"] as const;

/**
 * Runs every variant of a study as far as asked, each in its own folder; a stage that another variant has finished
 * with the same settings on the same files is taken over. When all reports are there, writes the one of them all.
 * Returns how many stages had to work.
 */
export async function runVariants(study: Study, options: RunStudyOptions): Promise<{ worked: number }> {
  // The study's own folder holds what was done before it had variants.
  const folders = [...study.variants.map(({ study: { folder } }) => folder), study.folder];
  const reports: (StageRecord | undefined)[] = [];
  let worked = 0;
  const engines = sharedEngines(options.engine);
  try {
    for (const { name, recipe, study: variant } of study.variants) {
      await shareFolders(study.folder, variant.folder);
      const [first] = recipesOf(study).find((one) => one.name === recipe)?.trainings ?? [];
      if (first !== undefined) await shareReviews(first.study.folder, variant.folder);
      const outcome = await runStudy(variant, {
        ...options,
        engines: await engines.of(variant),
        others: folders.filter((folder) => folder !== variant.folder),
        listener: {
          ...options.listener,
          onStage: (event) => options.listener.onStage({ ...event, stage: `${name}: ${event.stage}` }),
        },
      });
      worked += outcome.worked;
      reports.push(outcome.records.get(WHOLE_REPORT));
    }
  } finally {
    await engines.close();
  }
  if (options.until === "report" && (await reportWhole(study, reports, options.listener))) worked += 1;
  return { worked };
}

/** Writes the report of all variants, unless it is there as it would be written; says whether it had to. */
async function reportWhole(
  study: Study,
  reports: readonly (StageRecord | undefined)[],
  listener: RunListener,
): Promise<boolean> {
  const hash = wholeReportHash(study, reports);
  if (hash === null) throw new Error("runVariants: a variant has no report");
  const tell = (state: StageEvent["state"], summary: string, seconds: number): void =>
    listener.onStage({ stage: WHOLE_REPORT, index: 1, count: 1, state, summary, seconds });
  const unlock = await lockStudy(study.folder);
  try {
    const done = await finishedStage(study.folder, WHOLE_REPORT, hash);
    if (done !== null) {
      tell("skipped", done.summary, done.seconds);
      return false;
    }
    tell("started", "", 0);
    const begun = performance.now();
    const result = await writeWholeReport(study, listener.onProgress);
    const seconds = (performance.now() - begun) / 1000;
    await recordStage(study.folder, WHOLE_REPORT, hash, result, seconds);
    tell("finished", result.summary, seconds);
    return true;
  } finally {
    await unlock();
  }
}

/** Links the shared folders of the whole study into a variant's. */
async function shareFolders(from: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of SHARED_FOLDERS) {
    await mkdir(path.join(from, name), { recursive: true });
    await share(path.join(from, name), path.join(folder, name));
  }
}

/** The trainings of a recipe learn from the same traces, so what readers made of them is kept with its first. */
async function shareReviews(first: string, folder: string): Promise<void> {
  if (first === folder) return;
  await mkdir(path.dirname(path.join(folder, REVIEW_FILE)), { recursive: true });
  await share(path.join(first, REVIEW_FILE), path.join(folder, REVIEW_FILE));
}

/** Links a file or folder to where all find it, which need not be there yet. */
async function share(from: string, to: string): Promise<void> {
  const target = path.relative(path.dirname(to), from);
  try {
    await symlink(target, to);
  } catch (error) {
    const found = await readlink(to).catch(() => null);
    if (found !== target)
      throw new UserError(
        `${to} cannot be linked to ${target} (${messageOf(error)}): move it away, the variants share one`,
      );
  }
}
