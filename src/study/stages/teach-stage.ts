import { readCohort } from "../../cohort/cohort-file.ts";
import { writeTraceFile } from "../../teacher/trace-file.ts";
import { WORDED_TEACHER_VERSION, wordedTeacher } from "../../teacher/worded-teacher.ts";
import { writeTraces } from "../../teacher/write-traces.ts";
import { countText } from "../../util/count-text.ts";
import { writeFileAtomic } from "../../util/files.ts";
import type { StudyConfig } from "../schema/study.ts";
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
    needs: ["cohort"],
    config: {
      teacher: config.teacher,
      version: WORDED_TEACHER_VERSION,
      prompt: prompt.hash,
      seed: config.seed,
    },
    async run(context) {
      refuseUnchecked(config);
      const { records } = await readCohort(context.path("cohorts/sft.jsonl"));
      const { traces, setAside } = await writeTraces(records, {
        prompt,
        provider: wordedTeacher,
        seed: config.seed,
      });
      const aside = `traces/${config.format}.set-aside.jsonl`;
      await writeTraceFile(context.path(traceFile(config.format)), traces);
      await writeFileAtomic(context.path(aside), setAside.map((row) => `${JSON.stringify(row)}\n`).join(""));
      return {
        files: [traceFile(config.format), aside],
        summary: `${countText(traces.length, "trace")}, ${setAside.length} set aside`,
        facts: { traces: traces.length, setAside: setAside.length, teacher: wordedTeacher.name },
      };
    },
  };
}
