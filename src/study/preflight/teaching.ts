import { existsSync } from "node:fs";
import path from "node:path";
import { readCohort } from "../../cohort/cohort-file.ts";
import type { LicenceClass } from "../../datasets/record.ts";
import { positiveLabels } from "../../labels/policy.ts";
import { readCallJournal } from "../../teacher/calls/call-journal.ts";
import { decideEgress } from "../../teacher/egress-guard.ts";
import { estimateTeaching, type TeachingEstimate } from "../../teacher/estimate-teaching.ts";
import { geminiProvider } from "../../teacher/providers/gemini.ts";
import { openaiCompatibleProvider } from "../../teacher/providers/openai-compatible.ts";
import { sdkModel } from "../../teacher/providers/sdk-model.ts";
import { teacherText } from "../../teacher/teacher-text.ts";
import type { Study } from "../load-study.ts";
import { journalFile } from "../open-teacher.ts";
import type { DataConfig } from "../schema/data.ts";
import { studyPrompt } from "../study-prompt.ts";
import { type Need, ready } from "./need.ts";

/** What the study's teacher would cost. Null for one that costs nothing: worded, the engine, or no traces wanted. */
export async function studyTeaching({ config, folder }: Study): Promise<TeachingEstimate | null> {
  const { teacher, format, seed, cohort } = config;
  const prompt = studyPrompt(config, format);
  if (config.sft === null || teacher.kind === "worded" || teacher.kind === "engine") return null;
  if (prompt.answer === "label-only") return null;
  const model = sdkModel(
    teacher.kind === "gemini" ? geminiProvider : openaiCompatibleProvider,
    teacher,
    null,
  );
  const drawn = path.join(folder, "cohorts/sft.jsonl");
  const work = existsSync(drawn)
    ? (await readCohort(drawn)).records
        .map((record) => ({ record, labels: positiveLabels(record.labels), prompt, seed }))
        .filter(({ labels }) => labels.length > 0)
    : { images: cohort.sft, prompt };
  const journal = await readCallJournal(path.join(folder, journalFile(format)));
  return estimateTeaching(model, teacherText(), work, teacher, journal);
}

/** What the teacher needs that no other part does: a key, and leave to be sent the training hospital's data. */
export function teacherNeeds({ config }: Pick<Study, "config">, environment = process.env): Need[] {
  const { teacher, cohort, data } = config;
  if (teacher.kind === "worded" || teacher.kind === "engine") return [];
  const source = data[cohort.source];
  const licence = source === undefined ? "synthetic" : licenceOf(source);
  const decision = decideEgress(licence, new URL(teacher.endpoint), teacher.attestation);
  const leave: Need =
    decision.outcome === "allowed"
      ? ready("teacher's data", `${licence} data may go to ${teacher.endpoint}: ${decision.because}`)
      : {
          name: "teacher's data",
          state: "missing",
          detail: decision.because,
          remedy: "choose a teacher on this machine, or add teacher.attestation",
        };
  const { keyVariable } = teacher;
  if (keyVariable === null) return [leave];
  const key: Need =
    (environment[keyVariable] ?? "").trim() !== ""
      ? ready("teacher's key", `${keyVariable} is set`)
      : {
          name: "teacher's key",
          state: "missing",
          detail: `${keyVariable} is not set`,
          remedy: "put the key into that environment variable",
        };
  return [leave, key];
}

/** As the readers give it where the study does not. */
const USUAL_LICENCE = {
  mimic: "credentialed",
  chexpert: "no-redistribution",
  nih: "open",
  folder: "no-redistribution",
} as const;

function licenceOf(source: DataConfig): LicenceClass {
  return source.kind === "phantom" ? "synthetic" : (source.licence ?? USUAL_LICENCE[source.kind]);
}
