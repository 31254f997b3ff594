import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { OnProgress } from "../util/progress.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { adoptStage } from "./adopt-stage.ts";
import type { EngineHost } from "./engine-host.ts";
import type { Study } from "./load-study.ts";
import type { Stage, StageContext } from "./stage.ts";
import { finishedStage, inputHashes, recordStage, type StageRecord, stageHash } from "./stage-record.ts";

/** What the runner tells about a stage, for the terminal. */
export interface StageEvent {
  readonly stage: string;
  readonly index: number;
  readonly count: number;
  readonly state: "skipped" | "started" | "finished";
  readonly summary: string;
  readonly seconds: number;
}

export interface RunListener {
  onStage(event: StageEvent): void;
  onProgress: OnProgress;
}

export interface RunOutcome {
  readonly records: ReadonlyMap<string, StageRecord>;
  /** How many stages had to work; 0 when all was done before. */
  readonly worked: number;
}

/**
 * Runs the stages in the order given, which must put every stage after those it needs.
 * @param others folders of studies whose finished stages may be taken over
 */
export async function runStages(
  study: Study,
  stages: readonly Stage[],
  engines: EngineHost,
  listener: RunListener,
  others: readonly string[] = [],
): Promise<RunOutcome> {
  await mkdir(study.folder, { recursive: true });
  const records = new Map<string, StageRecord>();
  let worked = 0;
  for (const [index, stage] of stages.entries()) {
    const hash = stageHash(
      stage,
      stage.needs.map((name) => recordOf(records, name)),
      await inputHashes(study.folder, stage),
    );
    const tell = (state: StageEvent["state"], summary: string, seconds: number): void =>
      listener.onStage({
        stage: stage.name,
        index: index + 1,
        count: stages.length,
        state,
        summary,
        seconds,
      });
    let record =
      (await finishedStage(study.folder, stage.name, hash)) ??
      (await adoptStage(study.folder, others, stage.name, hash));
    if (record === null) {
      worked += 1;
      tell("started", "", 0);
      const begun = performance.now();
      const result = await runStage(
        stage,
        contextOf(stage, study, engines, hash, records, listener.onProgress),
      );
      const seconds = (performance.now() - begun) / 1000;
      record = await recordStage(study.folder, stage.name, hash, result, seconds);
      tell("finished", record.summary, seconds);
    } else tell("skipped", record.summary, record.seconds);
    records.set(stage.name, record);
  }
  return { records, worked };
}

/** Errors that are not the user's get the stage's name and a log; the command line adds the stack on demand. */
async function runStage(stage: Stage, context: StageContext) {
  try {
    return await stage.run(context);
  } catch (error) {
    if (error instanceof UserError)
      throw new UserError(`${stage.name}: ${error.message}`, error.exitCode, { cause: error });
    const log = context.path("error.log");
    await writeFile(log, `${stage.name}\n${error instanceof Error ? error.stack : messageOf(error)}\n`);
    throw error;
  }
}

function contextOf(
  stage: Stage,
  study: Study,
  engines: EngineHost,
  hash: string,
  records: ReadonlyMap<string, StageRecord>,
  onProgress: OnProgress,
): StageContext {
  return {
    study,
    engines,
    hash,
    onProgress,
    path: (...parts) => path.join(study.folder, ...parts),
    result: (name) => {
      // What a stage reads without saying so would not make it run again.
      if (!stage.needs.includes(name)) throw new Error(`${stage.name} reads from ${name} without needing it`);
      const { files, summary, facts, hash: ownHash } = recordOf(records, name);
      return { files: Object.keys(files), summary, facts, hash: ownHash };
    },
  };
}

function recordOf(records: ReadonlyMap<string, StageRecord>, name: string): StageRecord {
  const record = records.get(name);
  if (record === undefined)
    throw new Error(`stage ${name} is needed before it ran: the stages are out of order`);
  return record;
}
