import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { renderResultsTable } from "../report/render-results-table.ts";
import { readResults } from "../study/read-results.ts";
import { REPORT_FILE, RESULTS_FILE } from "../study/stages/report-stage.ts";
import { studyStatus } from "../study/study-status.ts";
import { runPart } from "./run-part.ts";
import { printStatus } from "./status.ts";
import { type StudyOptions, studyOf, takesStudy } from "./study-options.ts";
import { terminal } from "./terminal.ts";

/** `chexreason run`: the whole line; stages that are done are skipped. */
export function addRun(program: Command): void {
  takesStudy(program.command("run"))
    .description("run a study from its hospitals' files to its report; goes on where it was interrupted")
    .option("--dry-run", "say which stages would run, and run none")
    .option("--json", "print results.json instead of a table")
    .action(async (file: string, options: StudyOptions & { dryRun?: boolean }) => {
      const study = await studyOf(file, options);
      if (options.dryRun === true) return printStatus(await studyStatus(study), options.json === true);
      const out = terminal();
      const { worked } = await runPart(study, "report", out, options);
      if (worked === 0) out.say(`chexreason: nothing to do, every stage of ${study.config.name} is done`);
      const results = path.join(study.folder, RESULTS_FILE);
      if (options.json === true) process.stdout.write(await readFile(results, "utf8"));
      else process.stdout.write(renderResultsTable((await readResults(results)).rows));
      out.say(`chexreason: report at ${path.relative("", path.join(study.folder, REPORT_FILE))}`);
    });
}
