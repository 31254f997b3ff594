import { readCohort } from "../../cohort/cohort-file.ts";
import { teacherText } from "../../teacher/teacher-text.ts";
import { writeTraceFile } from "../../teacher/trace-file.ts";
import { WORDED_TEACHER_VERSION } from "../../teacher/worded-teacher.ts";
import { writeTraces } from "../../teacher/write-traces.ts";
import { countReasons } from "../../util/count-reasons.ts";
import { countText } from "../../util/count-text.ts";
import { writeFileAtomic } from "../../util/files.ts";
import { openTeacher } from "../open-teacher.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { TeacherConfig } from "../schema/teacher.ts";
import type { Stage } from "../stage.ts";
import { studyPrompt } from "../study-prompt.ts";
import { refuseUnchecked } from "./refuse-missing.ts";

/** Where a format's traces lie. */
export const traceFile = (format: string): string => `traces/${format}.jsonl`;

/** Has the teacher write a trace for every image of the SFT set. */
export function teachStage(config: StudyConfig): Stage {
  const prompt = studyPrompt(config, config.format);
  return {
    name: "teach",
    // A teacher that looks at pictures, or that is the study's model, depends on them.
    needs:
      config.teacher.kind === "worded" ? ["cohort"] : ["cohort", "model", `data ${config.cohort.source}`],
    config: { ...teacherFactor(config.teacher), prompt: prompt.hash, seed: config.seed },
    async run(context) {
      refuseUnchecked(config);
      const { records } = await readCohort(context.path("cohorts/sft.jsonl"));
      const { provider, concurrency, retries, close } = await openTeacher(context, prompt, records);
      const { onProgress } = context;
      let calls = "";
      const written = await writeTraces(records, {
        prompt,
        provider,
        seed: config.seed,
        concurrency,
        retries,
        onProgress,
      }).finally(async () => {
        calls = await close();
      });
      const { traces, setAside } = written;
      const aside = `traces/${config.format}.set-aside.jsonl`;
      await writeTraceFile(context.path(traceFile(config.format)), traces);
      await writeFileAtomic(context.path(aside), setAside.map((row) => `${JSON.stringify(row)}\n`).join(""));
      const facts = { traces: traces.length, setAside: setAside.length, teacher: provider.name };
      return {
        files: [traceFile(config.format), aside],
        summary: [`${countText(traces.length, "trace")}, ${setAside.length} set aside`, calls]
          .filter((part) => part !== "")
          .join("; "),
        facts: calls === "" ? facts : { ...facts, reasons: countReasons(setAside) },
      };
    },
  };
}

/** What of the teacher decides its traces. How fast it may be asked, for how much money and who attests it does not. */
function teacherFactor(teacher: TeacherConfig): object {
  if (teacher.kind === "worded") return { teacher, version: WORDED_TEACHER_VERSION };
  const { kind, model, temperature, maxTokens, retries } = teacher;
  const asked = { kind, model, temperature, maxTokens, retries };
  if (teacher.kind === "engine") {
    const { revision, dtype } = teacher;
    return { teacher: { ...asked, revision, dtype }, instructions: teacherText().hash };
  }
  const { endpoint, modelVersion, imageSide } = teacher;
  return { teacher: { ...asked, endpoint, modelVersion, imageSide }, instructions: teacherText().hash };
}
