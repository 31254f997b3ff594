import type { Command } from "commander";
import type { StudyPart } from "../study/study-part.ts";
import { runPart } from "./run-part.ts";
import { type StudyOptions, studyOf, takesStudy } from "./study-options.ts";
import { terminal } from "./terminal.ts";

const PARTS: readonly (readonly [StudyPart, string])[] = [
  ["data", "read the hospitals' files into the study's tables"],
  ["cohort", "draw the training, validation and test sets"],
  ["teach", "write the teacher's traces"],
  ["sft", "fine-tune on the traces"],
  ["grpo", "reinforce the fine-tuned model"],
  ["evaluate", "have every model read the test sets"],
  ["report", "score the readings and write the report"],
];

/** `chexreason data | cohort | teach | sft | grpo | evaluate | report`: the line up to that part. */
export function addParts(program: Command): void {
  for (const [part, description] of PARTS) {
    takesStudy(program.command(part))
      .description(`${description}, and whatever of the study that needs`)
      .action((file: string, options: StudyOptions) => runStudyPart(part, file, options));
  }
}

/** Runs a study up to a part, and says so where there is nothing to do. */
export async function runStudyPart(part: StudyPart, file: string, options: StudyOptions): Promise<void> {
  const study = await studyOf(file, options);
  const out = terminal();
  const { worked } = await runPart(study, part, out, options);
  if (worked === 0) out.say(`chexreason: nothing to do, ${part} of ${study.config.name} is done`);
}
