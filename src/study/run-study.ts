import type { LaunchOptions } from "../engine/launch-engine.ts";
import { type EngineHost, engineHost } from "./engine-host.ts";
import type { Study } from "./load-study.ts";
import { type RunListener, type RunOutcome, runStages } from "./run-stages.ts";
import { lockStudy } from "./study-lock.ts";
import { type StudyPart, stagesOf } from "./study-part.ts";
import { studyStages } from "./study-stages.ts";

export interface RunStudyOptions {
  /** How far to go. */
  readonly until: StudyPart;
  readonly listener: RunListener;
  readonly engine: LaunchOptions;
  /** Interrupts the run; what was done is kept, and the next run goes on from the last checkpoint. */
  readonly signal: AbortSignal;
  /** The engine of a caller that runs several studies of one model, and closes it; by default the run has its own. */
  readonly engines?: EngineHost;
  /** Folders of studies whose finished stages may be taken over. */
  readonly others?: readonly string[];
}

/** Thrown when a run was interrupted by its signal. */
export class Interrupted extends Error {}

/** Runs a study as far as asked: stages that are done are skipped, an interrupted one goes on where it was. */
export async function runStudy(study: Study, options: RunStudyOptions): Promise<RunOutcome> {
  const stages = stagesOf(studyStages(study.config), options.until);
  const unlock = await lockStudy(study.folder);
  const engines = options.engines ?? engineHost(study, options.engine);
  try {
    return await Promise.race([
      runStages(study, stages, engines, options.listener, options.others),
      rejectOnAbort(options.signal),
    ]);
  } finally {
    if (options.engines === undefined) await engines.close();
    await unlock();
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const interrupt = () => reject(new Interrupted("interrupted"));
    if (signal.aborted) interrupt();
    else signal.addEventListener("abort", interrupt, { once: true });
  });
}
