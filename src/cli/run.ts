import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { renderResultsTable } from "../report/render-results-table.ts";
import type { Study } from "../study/load-study.ts";
import { contaminationLines } from "../study/outside-models.ts";
import { preflight } from "../study/preflight/preflight.ts";
import { renderPreflight } from "../study/preflight/render-preflight.ts";
import { readResults } from "../study/read-results.ts";
import { REPORT_FILE, RESULTS_FILE } from "../study/stages/report-stage.ts";
import { runPart } from "./run-part.ts";
import { type StudyOptions, studyOf, takesStudy } from "./study-options.ts";
import { terminal } from "./terminal.ts";

interface RunOptions extends StudyOptions {
  readonly dryRun?: boolean;
  readonly calibrate: boolean;
  readonly answerTokens?: number;
}

/** `chexreason run`: the whole line; stages that are done are skipped. */
export function addRun(program: Command): void {
  takesStudy(program.command("run"))
    .description("run a study from its hospitals' files to its report; goes on where it was interrupted")
    .option("--dry-run", "say what the study needs and how long it would take, and run nothing")
    .option("--no-calibrate", "with --dry-run: do not measure this machine")
    .option("--answer-tokens <n>", "with --dry-run: take answers to be so long", Number)
    .option("--json", "print results.json instead of a table")
    .action(async (file: string, options: RunOptions) => {
      const study = await studyOf(file, options);
      if (options.dryRun === true) return await dryRun(study, options);
      const out = terminal();
      const { worked } = await runPart(study, "report", out, options);
      if (worked === 0) out.say(`chexreason: nothing to do, every stage of ${study.config.name} is done`);
      const results = path.join(study.folder, RESULTS_FILE);
      if (options.json === true) process.stdout.write(await readFile(results, "utf8"));
      else process.stdout.write(renderResultsTable((await readResults(results)).rows));
      for (const line of contaminationLines(study.config)) out.say(`chexreason: ${line}`);
      out.say(`chexreason: report at ${path.relative("", path.join(study.folder, REPORT_FILE))}`);
    });
}

async function dryRun(study: Study, { calibrate, answerTokens, json }: RunOptions): Promise<void> {
  const found = await preflight(study, {
    calibrates: calibrate,
    ...(answerTokens === undefined ? {} : { answerTokens }),
    engine: {},
  });
  process.stdout.write(json === true ? `${JSON.stringify(found, null, 2)}\n` : renderPreflight(found));
}
