import type { ImageRecord } from "../datasets/record.ts";
import type { Prompt } from "../prompts/prompt.ts";
import { openCallJournal } from "../teacher/calls/call-journal.ts";
import { calledTeacher } from "../teacher/calls/called-teacher.ts";
import type { TeacherModel } from "../teacher/calls/teacher-model.ts";
import { refuseUnattested } from "../teacher/egress-guard.ts";
import { labelOnlyTeacher } from "../teacher/label-only-teacher.ts";
import { engineModel } from "../teacher/providers/engine-model.ts";
import { geminiProvider } from "../teacher/providers/gemini.ts";
import { openaiCompatibleProvider } from "../teacher/providers/openai-compatible.ts";
import { sdkModel } from "../teacher/providers/sdk-model.ts";
import { teacherKey } from "../teacher/teacher-key.ts";
import type { TeacherProvider } from "../teacher/teacher-provider.ts";
import { teacherText } from "../teacher/teacher-text.ts";
import { wordedTeacher } from "../teacher/worded-teacher.ts";
import { writeJsonAtomic } from "../util/files.ts";
import type { CalledTeacherConfig, EngineTeacherConfig } from "./schema/teacher.ts";
import type { StageContext } from "./stage.ts";
import { radiographRoot } from "./stages/radiograph-root.ts";

/** Where the calls for a format's traces are journalled; an interrupted run goes on from there. */
export const journalFile = (format: string): string => `traces/${format}.journal.jsonl`;
/** What those calls came to. */
export const callsFile = (format: string): string => `traces/${format}.calls.json`;

/** A teacher at work, and what it needs to be closed. */
export interface OpenTeacher {
  readonly provider: TeacherProvider;
  readonly concurrency: number;
  readonly retries: number;
  /** Closes it, writes down what its calls came to, and says so in a few words; empty for one that is not called. */
  close(): Promise<string>;
}

/**
 * Opens the study's teacher.
 * @throws UserError when a key is missing, or when a record's licence keeps it from going to the teacher's address; in
 * both cases before anything is sent
 */
export async function openTeacher(
  context: StageContext,
  prompt: Prompt,
  records: readonly ImageRecord[],
): Promise<OpenTeacher> {
  const { teacher } = context.study.config;
  if (teacher.kind === "worded") return atHand(wordedTeacher);
  if (prompt.answer === "label-only") return atHand(labelOnlyTeacher);
  if (teacher.kind !== "engine") return openCalled(context, prompt, records, teacher);
  const model = { ...context.study.config.model, source: teacher.model, dtype: teacher.dtype };
  const own =
    teacher.model === "study"
      ? { ...(await context.engines.model()), close: async () => undefined }
      : await context.engines.another(
          teacher.revision === undefined ? withoutRevision(model) : { ...model, revision: teacher.revision },
        );
  const opened = await openJournalled(
    context,
    prompt,
    engineModel(own.engine, own.info.hash, teacher),
    teacher,
  );
  return {
    ...opened,
    async close() {
      await own.close();
      return opened.close();
    },
  };
}

function withoutRevision<T extends { revision?: string | undefined }>(model: T): Omit<T, "revision"> {
  const { revision: _revision, ...rest } = model;
  return rest;
}

const atHand = (provider: TeacherProvider): OpenTeacher => ({
  provider,
  concurrency: 1,
  retries: 0,
  close: async () => "",
});

async function openCalled(
  context: StageContext,
  prompt: Prompt,
  records: readonly ImageRecord[],
  teacher: CalledTeacherConfig,
): Promise<OpenTeacher> {
  refuseUnattested(records, new URL(teacher.endpoint), teacher.attestation);
  const provider = teacher.kind === "gemini" ? geminiProvider : openaiCompatibleProvider;
  const model = sdkModel(provider, teacher, teacherKey(teacher.keyVariable));
  return openJournalled(context, prompt, model, teacher);
}

/** The engine's calls cost nothing, and have no line that could fail. */
const ENGINE_CALLS = {
  modelVersion: null,
  price: { input: 0, output: 0 },
  spendingCap: null,
  imageTokens: 0,
  calls: { tries: 1, backOffMs: 1, longestWaitSeconds: 1 },
};

async function openJournalled(
  context: StageContext,
  prompt: Prompt,
  model: TeacherModel,
  teacher: CalledTeacherConfig | EngineTeacherConfig,
): Promise<OpenTeacher> {
  const journal = await openCallJournal(context.path(journalFile(prompt.name)));
  const provider = calledTeacher(model, journal, {
    ...ENGINE_CALLS,
    ...teacher,
    root: radiographRoot(context, context.study.config.cohort.source),
    text: teacherText(),
  });
  const { concurrency, retries } = teacher;
  return {
    provider,
    concurrency,
    retries,
    async close() {
      await journal.close();
      const totals = journal.totals();
      const { calls, lost, possiblyPaidTwice, spentAtMost } = totals;
      await writeJsonAtomic(context.path(callsFile(prompt.name)), {
        schema: "chexreason.teacher-calls/1",
        teacher: model.name,
        to: model.to,
        ...totals,
      });
      return `${calls} calls, ${lost} lost, ${possiblyPaidTwice} possibly paid twice, at most ${spentAtMost.toFixed(2)} USD`;
    },
  };
}
