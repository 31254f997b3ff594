import { resultsTable } from "../../evaluation/results-table.ts";
import { renderReport } from "../../report/render-report.ts";
import { paperTables } from "../../report/tables/paper-tables.ts";
import { tablesLatex } from "../../report/tables/tables-latex.ts";
import { tablesMarkdown } from "../../report/tables/tables-markdown.ts";
import { countText } from "../../util/count-text.ts";
import { writeFileAtomic, writeJsonAtomic } from "../../util/files.ts";
import { evaluateStudy } from "../evaluate-study.ts";
import { contaminationLines } from "../outside-models.ts";
import { reportInput } from "../report/report-input.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { Stage } from "../stage.ts";
import { studyRemarks } from "../study-remarks.ts";

/** The table of all scores: `{"schema": "chexreason.results/1", "rows": [...]}`. */
export const RESULTS_FILE = "reports/results.json";
export const REPORT_FILE = "reports/index.html";
/** Every view of every score, label by label, and the paired differences. */
const EVALUATIONS_FILE = "reports/evaluations.json";
/** The report's tables in the paper's form, for a text of one's own. */
export const MARKDOWN_FILE = "reports/tables.md";
export const LATEX_FILE = "reports/tables.tex";

/** Scores the predictions and writes the report. It reads what every other stage left. */
export function reportStage(config: StudyConfig, others: readonly string[]): Stage {
  const { name, title, seed, evaluation, reasons, notes } = config;
  return {
    name: "report",
    needs: others,
    config: {
      name,
      title,
      seed,
      resamples: evaluation.resamples,
      margin: evaluation.margin,
      contaminations: contaminationLines(config),
      chosen: evaluation.chosen,
      reasons,
      notes,
    },
    async run(context) {
      const study = await evaluateStudy(context);
      const { evaluations, comparisons, subgroups, labelScores } = study;
      const remarks = await studyRemarks(context.study);
      const results = resultsTable(evaluations, labelScores, remarks);
      await writeJsonAtomic(context.path(RESULTS_FILE), results);
      await writeJsonAtomic(context.path(EVALUATIONS_FILE), {
        schema: "chexreason.evaluations/1",
        evaluations,
        comparisons,
        subgroups,
        labelScores,
      });
      const input = await reportInput(context, study, others, remarks);
      const tables = paperTables(input);
      await writeFileAtomic(context.path(MARKDOWN_FILE), tablesMarkdown(input.study.name, tables));
      await writeFileAtomic(context.path(LATEX_FILE), tablesLatex(input.study.name, tables));
      await writeFileAtomic(context.path(REPORT_FILE), await renderReport(input));
      return {
        files: [RESULTS_FILE, EVALUATIONS_FILE, MARKDOWN_FILE, LATEX_FILE, REPORT_FILE],
        summary: `${countText(results.rows.length, "row")} of results`,
        facts: {},
      };
    },
  };
}
