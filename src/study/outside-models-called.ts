import { readAnswer } from "../completions/dialects/read-answer.ts";
import type { ImageRecord } from "../datasets/record.ts";
import type { Prediction } from "../evaluation/prediction-file.ts";
import type { Prompt } from "../prompts/prompt.ts";
import { openCallJournal } from "../teacher/calls/call-journal.ts";
import { calledTeacher } from "../teacher/calls/called-teacher.ts";
import { TRACE_FAULTS } from "../teacher/check-trace.ts";
import { refuseUnattested } from "../teacher/egress-guard.ts";
import { openaiCompatibleProvider } from "../teacher/providers/openai-compatible.ts";
import { sdkModel } from "../teacher/providers/sdk-model.ts";
import { teacherKey } from "../teacher/teacher-key.ts";
import { NoAnswer, type TeacherProvider } from "../teacher/teacher-provider.ts";
import type { TeacherText } from "../teacher/teacher-text.ts";
import { hashBytes } from "../util/files.ts";
import { mapParallel } from "../util/map-parallel.ts";
import type { OnProgress } from "../util/progress.ts";
import { UserError } from "../util/user-error.ts";
import type { OutsideCalled } from "./schema/outside.ts";

export interface CalledModelSettings {
  readonly prompt: Prompt;
  /** Folder that the records' image paths are relative to. */
  readonly root: string;
  /** Where the calls are journalled; an interrupted run goes on from there. */
  readonly journal: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly onProgress?: OnProgress;
}

/** How calls are repeated: as a teacher's are by default. */
const CALLS = { tries: 6, backOffMs: 1000, deadlineSeconds: 180, longestWaitSeconds: 600 };

/**
 * Has a model behind an address read a test set. Calls are a teacher's, with all that guards them (egress, journal,
 * spending cap, fresh grey pictures), but for what is asked: the prompt alone. No label goes out.
 * @returns the answers, in the records' order, and the version that the server reports
 * @throws UserError when a licence keeps the pictures here, a key is missing, or the version changes
 */
export async function readByCalling(
  outside: OutsideCalled,
  records: readonly ImageRecord[],
  settings: CalledModelSettings,
): Promise<{ readonly predictions: Prediction[]; readonly version: string | null }> {
  const { prompt, root, seed, maxTokens, temperature } = settings;
  refuseUnattested(records, new URL(outside.endpoint), outside.attestation);
  const calling = { ...outside, maxTokens, temperature, retries: 0, calls: CALLS };
  const model = sdkModel(openaiCompatibleProvider, calling, teacherKey(outside.keyVariable));
  const journal = await openCallJournal(settings.journal);
  try {
    const text = readerText(outside.system);
    const provider = calledTeacher(model, journal, { ...calling, root, text });
    const state = { version: outside.modelVersion, done: 0 };
    const stop = new AbortController();
    const predictions = await mapParallel(records, outside.concurrency, async (record) => {
      try {
        const request = { record, labels: [], prompt, seed, stop: stop.signal };
        const prediction = await readOne(provider, request, outside, state);
        state.done += 1;
        settings.onProgress?.({ done: state.done, total: records.length, unit: "readings" });
        return prediction;
      } catch (error) {
        stop.abort();
        throw error;
      }
    });
    return { predictions, version: state.version };
  } finally {
    await journal.close();
  }
}

async function readOne(
  provider: TeacherProvider,
  request: Parameters<TeacherProvider["write"]>[0],
  outside: OutsideCalled,
  state: { version: string | null },
): Promise<Prediction> {
  const { id, patient, site } = request.record;
  const head = { id, patient, site, tokens: 0 };
  try {
    const { text, finish, modelVersion } = await provider.write(request);
    state.version ??= modelVersion;
    if (modelVersion !== state.version)
      throw new UserError(
        `${outside.name} answered for ${id} as ${modelVersion}, not as ${state.version}: one row has one version; set modelVersion and read again`,
      );
    const read = readAnswer(text, { dialect: outside.dialect, finish });
    const failure = read.outcome === "failed" ? read.reason : null;
    return { ...head, text, finish, failure, labels: read.outcome === "labels" ? read.labels : null };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return { ...head, text: "", finish: "stop", failure: error.reason, labels: null };
  }
}

/** The words around the prompt: none. `labels` is always empty. */
function readerText(system: string): TeacherText {
  const remarks = Object.fromEntries(TRACE_FAULTS.map((fault) => [fault, fault])) as TeacherText["remarks"];
  const text = { version: 1, system, user: "{question}{labels}", remarks };
  return { ...text, hash: hashBytes(JSON.stringify(text)) };
}
