import type { ImageRecord } from "../datasets/record.ts";
import { positiveLabels } from "../labels/policy.ts";
import type { Prompt } from "../prompts/prompt.ts";
import { UserError } from "../util/user-error.ts";
import { checkTrace, type TraceFaultReason } from "./check-trace.ts";
import type { TeacherAnswer, TeacherProvider, TeacherRequest } from "./teacher-provider.ts";
import type { Trace } from "./trace.ts";

/** A record without a trace, and why. */
export interface SetAsideTrace {
  readonly id: string;
  readonly patient: string;
  readonly reason: TraceFaultReason | "no positive label";
  readonly detail: string;
}

export interface WrittenTraces {
  /** In the records' order. */
  readonly traces: Trace[];
  readonly setAside: SetAsideTrace[];
}

/**
 * One trace a record: the teacher is given the positive labels as the training labeler wrote them, its answer is
 * checked, and a trace that fails is set aside with its reason. traces.length + setAside.length = records.length.
 * Throws a UserError when the provider answers with another model version than was asked for.
 */
export async function writeTraces(
  records: readonly ImageRecord[],
  settings: { prompt: Prompt; provider: TeacherProvider; seed: number },
): Promise<WrittenTraces> {
  const { prompt, provider, seed } = settings;
  const traces: Trace[] = [];
  const setAside: SetAsideTrace[] = [];
  for (const record of records) {
    const { id, patient } = record;
    const labels = positiveLabels(record.labels);
    if (labels.length === 0) {
      setAside.push({ id, patient, reason: "no positive label", detail: "nothing to put into words" });
      continue;
    }
    const request: TeacherRequest = { record, labels, prompt, seed };
    const answer = await provider.write(request);
    if (answer.modelVersion !== provider.modelVersion) {
      throw new UserError(
        `teacher ${provider.name} answered for ${id} as ${answer.modelVersion}, not as ${provider.modelVersion}: ` +
          "one set of traces has one version; ask for the new one and write them again",
      );
    }
    const trace = traceOf(request, answer, provider.name);
    const fault = checkTrace(trace, answer.finish);
    if (fault === null) traces.push(trace);
    else setAside.push({ id, patient, ...fault });
  }
  return { traces, setAside };
}

/** The trace that an answer makes. */
export function traceOf(request: TeacherRequest, answer: TeacherAnswer, teacher: string): Trace {
  const { record, labels, prompt, seed } = request;
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
    teacher: { name: teacher, model_version: answer.modelVersion, seed },
    licence: record.licence,
  };
}
