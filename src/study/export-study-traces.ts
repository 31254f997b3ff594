import path from "node:path";
import type { ExportFormat } from "../teacher/export-traces/export-format.ts";
import { exportTraces, type TraceExport } from "../teacher/export-traces/export-traces.ts";
import { applyReviews } from "../teacher/review/apply-reviews.ts";
import { REVIEW_FILE, readReviews } from "../teacher/review/review-file.ts";
import { readTraceFile } from "../teacher/trace-file.ts";
import { UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";
import { dataFactsSchema } from "./schema/facts.ts";
import { readRecord } from "./stage-record.ts";
import { traceFile } from "./stages/teach-stage.ts";

/**
 * Writes a study's traces, as reviewers left them, the way another trainer reads them.
 * @param imageRoot what the pictures' paths begin with; by default where they lie on this machine, absolute
 * @throws UserError when the study has no traces yet
 */
export async function exportStudyTraces(
  study: Study,
  settings: { format: ExportFormat; folder: string; imageRoot?: string },
): Promise<TraceExport> {
  const { config, folder } = study;
  const data = await readRecord(folder, `data ${config.cohort.source}`);
  const taught = await readRecord(folder, "teach");
  if (data === null || taught === null)
    throw new UserError(`${folder} has no traces yet: run \`chexreason teach ${study.file}\` first`);
  const written = await readTraceFile(path.join(folder, traceFile(config.format)));
  const { traces } = applyReviews(written, await readReviews(path.join(folder, REVIEW_FILE)));
  const { root } = dataFactsSchema.parse(data.facts);
  return exportTraces(traces, { imageRoot: path.resolve(folder, root), ...settings });
}
