import { existsSync } from "node:fs";
import path from "node:path";
import type { Study } from "./load-study.ts";
import { finishedStage, inputHashes, readRecord, type StageRecord, stageHash } from "./stage-record.ts";
import { studyStages } from "./study-stages.ts";
import { WHOLE_REPORT, wholeReportHash } from "./whole-report-hash.ts";

/**
 * - `done`: its files are there as they were left, and nothing that it read has changed.
 * - `stale`: done once, but its settings, its files or what it read have changed since.
 * - `interrupted`: begun; the next run goes on from its last checkpoint.
 * - `missing`: never run.
 */
export type StageState = "done" | "stale" | "interrupted" | "missing";

export interface StudyStatus {
  readonly schema: "chexreason.status/1";
  readonly study: string;
  readonly folder: string;
  readonly done: number;
  readonly total: number;
  readonly stages: readonly StageStatus[];
}

export interface StageStatus {
  readonly name: string;
  readonly state: StageState;
  readonly summary: string;
  /** Wall-clock seconds that it took when it ran; null when it never did. */
  readonly seconds: number | null;
}

/** Where a study stands, from its folder alone; of one with variants, the stages of each under its name, then its own. */
export async function studyStatus(study: Study): Promise<StudyStatus> {
  const stages: StageStatus[] = [];
  if (study.variants.length === 0) stages.push(...(await stageStatuses(study)).stages);
  const reports: (StageRecord | undefined)[] = [];
  for (const { name, study: variant } of study.variants) {
    const own = await stageStatuses(variant);
    stages.push(...own.stages.map((stage) => ({ ...stage, name: `${name}: ${stage.name}` })));
    reports.push(own.records.get(WHOLE_REPORT));
  }
  if (study.variants.length > 0) stages.push(await wholeReportStatus(study, reports));
  return {
    schema: "chexreason.status/1",
    study: study.config.name,
    folder: study.folder,
    done: stages.filter(({ state }) => state === "done").length,
    total: stages.length,
    stages,
  };
}

async function wholeReportStatus(
  study: Study,
  reports: readonly (StageRecord | undefined)[],
): Promise<StageStatus> {
  const old = await readRecord(study.folder, WHOLE_REPORT);
  const hash = wholeReportHash(study, reports);
  const record = hash === null ? null : await finishedStage(study.folder, WHOLE_REPORT, hash);
  const state: StageState = record !== null ? "done" : old === null ? "missing" : "stale";
  return { name: WHOLE_REPORT, state, summary: old?.summary ?? "", seconds: old?.seconds ?? null };
}

async function stageStatuses(
  study: Study,
): Promise<{ stages: StageStatus[]; records: ReadonlyMap<string, StageRecord> }> {
  const records = new Map<string, StageRecord>();
  const stages: StageStatus[] = [];
  for (const stage of studyStages(study.config)) {
    const needs = stage.needs.map((need) => records.get(need));
    const old = await readRecord(study.folder, stage.name);
    const whole = needs.filter((need) => need !== undefined);
    const inputs = await inputHashes(study.folder, stage);
    const hash = whole.length === needs.length ? stageHash(stage, whole, inputs) : null;
    const record = hash === null ? null : await finishedStage(study.folder, stage.name, hash);
    if (record !== null) records.set(stage.name, record);
    const isBegun = hash !== null && existsSync(path.join(study.folder, "runs", `${stage.name}-${hash}`));
    const state: StageState =
      record !== null ? "done" : isBegun ? "interrupted" : old === null ? "missing" : "stale";
    stages.push({ name: stage.name, state, summary: old?.summary ?? "", seconds: old?.seconds ?? null });
  }
  return { stages, records };
}
