import type { ImageRecord } from "../datasets/record.ts";
import { positiveLabels } from "../labels/policy.ts";
import type { Prompt } from "../prompts/prompt.ts";
import { mapParallel } from "../util/map-parallel.ts";
import type { OnProgress } from "../util/progress.ts";
import { UserError } from "../util/user-error.ts";
import { checkTrace, type TraceFault, type TraceFaultReason } from "./check-trace.ts";
import {
  NoAnswer,
  type TeacherAnswer,
  type TeacherProvider,
  type TeacherRequest,
} from "./teacher-provider.ts";
import type { Trace } from "./trace.ts";

/** A record without a trace, and why. */
export interface SetAsideTrace {
  readonly id: string;
  readonly patient: string;
  readonly reason: TraceFaultReason | NoAnswer["reason"] | "no positive label";
  readonly detail: string;
}

export interface WrittenTraces {
  /** In the records' order. */
  readonly traces: Trace[];
  readonly setAside: SetAsideTrace[];
}

export interface WriteTracesSettings {
  readonly prompt: Prompt;
  readonly provider: TeacherProvider;
  readonly seed: number;
  /** Images in work side by side. Default 1. */
  readonly concurrency?: number;
  /** Further answers asked for after one was thrown out. Default 0: a teacher that draws nothing would repeat itself. */
  readonly retries?: number;
  readonly onProgress?: OnProgress;
}

/**
 * One trace a record: the teacher is given the positive labels as the training labeler wrote them, its answer is
 * checked, and a trace that fails is asked for again, then set aside with its last reason.
 * traces.length + setAside.length = records.length. When one image stops the run, the calls under way are seen to their
 * end first.
 * @throws UserError when the provider answers with another model version than was asked for, or than it began with
 */
export async function writeTraces(
  records: readonly ImageRecord[],
  settings: WriteTracesSettings,
): Promise<WrittenTraces> {
  const { provider, concurrency = 1 } = settings;
  const stop = new AbortController();
  const failures: unknown[] = [];
  const versions = versionGuard(provider);
  let done = 0;
  const results = await mapParallel(records, concurrency, async (record) => {
    if (stop.signal.aborted) return null;
    try {
      const result = await writeTrace(record, settings, versions, stop.signal);
      done += 1;
      settings.onProgress?.({ done, total: records.length, unit: "traces" });
      return result;
    } catch (error) {
      failures.push(error);
      stop.abort();
      return null;
    }
  });
  if (failures.length > 0) throw failures[0];
  const whole = results.filter((result) => result !== null);
  return {
    traces: whole.flatMap((result) => ("trace" in result ? [result.trace] : [])),
    setAside: whole.flatMap((result) => ("aside" in result ? [result.aside] : [])),
  };
}

async function writeTrace(
  record: ImageRecord,
  settings: WriteTracesSettings,
  checkVersion: (id: string, version: string) => void,
  stop: AbortSignal,
): Promise<{ trace: Trace } | { aside: SetAsideTrace }> {
  const { prompt, provider, seed, retries = 0 } = settings;
  const { id, patient } = record;
  const labels = positiveLabels(record.labels);
  const setAside = (why: Pick<SetAsideTrace, "reason" | "detail">) => ({ aside: { id, patient, ...why } });
  if (labels.length === 0)
    return setAside({ reason: "no positive label", detail: "nothing to put into words" });
  let fault: TraceFault | null = null;
  for (let attempt = 0; ; attempt++) {
    const remark = fault === null ? {} : { remark: fault.reason };
    const request: TeacherRequest = { record, labels, prompt, seed, attempt, stop, ...remark };
    try {
      const answer = await provider.write(request);
      checkVersion(id, answer.modelVersion);
      const trace = traceOf(request, answer, provider);
      fault = checkTrace(trace, answer.finish);
      if (fault === null) return { trace };
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return setAside({ reason: error.reason, detail: error.message });
    }
    if (attempt >= retries) return setAside(fault);
  }
}

/** Holds every answer to one model version: the one asked for, or the first that came. */
function versionGuard({ name, modelVersion }: TeacherProvider): (id: string, version: string) => void {
  let expected = modelVersion;
  return (id, version) => {
    expected ??= version;
    if (version === expected) return;
    throw new UserError(
      `teacher ${name} answered for ${id} as ${version}, not as ${expected}: one set of traces has one version; ask for ` +
        "the new one and write them again",
    );
  };
}

/** The trace that an answer makes. */
export function traceOf(
  request: TeacherRequest,
  answer: TeacherAnswer,
  { name, instructionHash }: Pick<TeacherProvider, "name" | "instructionHash">,
): Trace {
  const { record, labels, prompt, seed } = request;
  const instruction = instructionHash === undefined ? {} : { instruction_hash: instructionHash };
  return {
    id: record.id,
    patient: record.patient,
    site: record.site,
    image: record.image,
    messages: [
      { role: "user", content: [{ type: "image" }, { type: "text", text: prompt.text }] },
      { role: "assistant", content: [{ type: "text", text: answer.text }] },
    ],
    labels: [...labels],
    format: prompt.name,
    answer: prompt.answer,
    prompt_version: prompt.version,
    prompt_hash: prompt.hash,
    teacher: { name, model_version: answer.modelVersion, seed, ...instruction },
    licence: record.licence,
  };
}
