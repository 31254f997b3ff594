import type { Command } from "commander";
import { type StudyStatus, studyStatus } from "../study/study-status.ts";
import { type StudyOptions, studyOf, takesStudy } from "./study-options.ts";
import { durationText } from "./terminal.ts";

/** `chexreason status`: which stages of a study are done. */
export function addStatus(program: Command): void {
  takesStudy(program.command("status"))
    .description("say which stages of a study are done, interrupted, stale or missing")
    .option("--json", "one object on stdout")
    .action(async (file: string, options: StudyOptions) =>
      printStatus(await studyStatus(await studyOf(file, options)), options.json === true),
    );
}

/** Writes where a study stands to stdout. */
export function printStatus(status: StudyStatus, asJson: boolean): void {
  if (asJson) return void process.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
  const width = Math.max(...status.stages.map(({ name }) => name.length));
  const lines = status.stages.map(({ name, state, summary, seconds }) => {
    const took = seconds === null ? "" : `${summary} (${durationText(seconds)})`;
    return `${state.padEnd(11)}  ${name.padEnd(width)}  ${took}`.trimEnd();
  });
  process.stdout.write(
    `${lines.join("\n")}\n${status.done} of ${status.total} stages done in ${status.folder}\n`,
  );
}
