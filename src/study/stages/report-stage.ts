import { resultsTable } from "../../evaluation/results-table.ts";
import { renderReport } from "../../report/render-report.ts";
import { countText } from "../../util/count-text.ts";
import { writeFileAtomic, writeJsonAtomic } from "../../util/files.ts";
import { evaluateStudy } from "../evaluate-study.ts";
import { reportInput } from "../report/report-input.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage } from "../stage.ts";

/** The table of all scores: `{"schema": "chexreason.results/1", "rows": [...]}`. */
export const RESULTS_FILE = "reports/results.json";
export const REPORT_FILE = "reports/index.html";
/** Every view of every score, label by label, and the paired differences. */
const EVALUATIONS_FILE = "reports/evaluations.json";

/** Scores the predictions and writes the report. It reads what every other stage left. */
export function reportStage(config: StudyConfig, others: readonly string[]): Stage {
  const { name, title, seed, evaluation, reasons, notes } = config;
  return {
    name: "report",
    needs: others,
    config: { name, title, seed, resamples: evaluation.resamples, reasons, notes },
    async run(context) {
      const study = await evaluateStudy(context);
      const { evaluations, comparisons } = study;
      const results = resultsTable(evaluations);
      await writeJsonAtomic(context.path(RESULTS_FILE), results);
      await writeJsonAtomic(context.path(EVALUATIONS_FILE), {
        schema: "chexreason.evaluations/1",
        evaluations,
        comparisons,
      });
      await writeFileAtomic(
        context.path(REPORT_FILE),
        await renderReport(await reportInput(context, study, others)),
      );
      return {
        files: [RESULTS_FILE, EVALUATIONS_FILE, REPORT_FILE],
        summary: `${countText(results.rows.length, "row")} of results`,
        facts: {},
      };
    },
  };
}
