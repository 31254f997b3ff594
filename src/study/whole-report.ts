import path from "node:path";
import { seedsRows } from "../evaluation/seeds-rows.ts";
import { leastDraws } from "../evaluation/transfer/judge-transfer.ts";
import { type RecipeReport, scopedVerdicts } from "../report/recipe-report.ts";
import { renderVariantsReport } from "../report/render-variants-report.ts";
import { seedTables } from "../report/tables/seed-tables.ts";
import { tablesLatex } from "../report/tables/tables-latex.ts";
import { tablesMarkdown } from "../report/tables/tables-markdown.ts";
import { variantTables } from "../report/tables/variant-tables.ts";
import { countText } from "../util/count-text.ts";
import { writeFileAtomic, writeJsonAtomic } from "../util/files.ts";
import type { OnProgress } from "../util/progress.ts";
import { evaluateRecipe, type RecipeEvaluation } from "./evaluate-recipe.ts";
import { verdictCount, whyNotJudged } from "./judged-hospitals.ts";
import type { Study } from "./load-study.ts";
import { type Recipe, recipesOf } from "./recipes.ts";
import type { StageResult } from "./stage.ts";
import { LATEX_FILE, MARKDOWN_FILE, REPORT_FILE, RESULTS_FILE } from "./stages/report-stage.ts";
import { transferStudy } from "./transfer-study.ts";
import { wholeResults } from "./whole-results.ts";

/** Every view of every score over training seeds, label by label. */
const SEEDS_FILE = "reports/seeds.json";

/**
 * Writes the report of all variants from what their own reports left: one row a variant and model, or a mean over the
 * seeds of a recipe that has several, with its verdict.
 */
export async function writeWholeReport(study: Study, onProgress: OnProgress): Promise<StageResult> {
  const several = recipesOf(study).filter(({ trainings }) => trainings.length > 1);
  const recipes: RecipeReport[] = [];
  const evaluations: (RecipeEvaluation & Pick<RecipeReport, "recipe">)[] = [];
  for (const recipe of several) {
    const evaluated = await evaluateRecipe(recipe, onProgress);
    evaluations.push({ recipe: recipe.name, ...evaluated });
    recipes.push(await recipeReport(study, recipe, evaluated));
  }
  const results = await wholeResults(study, recipes);
  const { rows } = results;
  const at = (file: string): string => path.join(study.folder, file);
  const reports = study.variants.map(({ name, study: { config, folder } }) => ({
    name,
    title: config.title ?? "",
    file: path
      .relative(path.dirname(at(REPORT_FILE)), path.join(folder, REPORT_FILE))
      .split(path.sep)
      .join("/"),
  }));
  const { name, title = "" } = study.config;
  const tables = [...recipes.flatMap(seedTables), ...variantTables(rows)];
  await writeJsonAtomic(at(RESULTS_FILE), { ...results, recipes });
  if (evaluations.length > 0)
    await writeJsonAtomic(at(SEEDS_FILE), { schema: "chexreason.seeds-report/1", recipes: evaluations });
  await writeFileAtomic(at(MARKDOWN_FILE), tablesMarkdown(name, tables));
  await writeFileAtomic(at(LATEX_FILE), tablesLatex(name, tables));
  await writeFileAtomic(
    at(REPORT_FILE),
    renderVariantsReport({ name, description: title, rows, recipes, reports }),
  );
  return {
    files: [
      RESULTS_FILE,
      ...(evaluations.length > 0 ? [SEEDS_FILE] : []),
      MARKDOWN_FILE,
      LATEX_FILE,
      REPORT_FILE,
    ],
    summary: `${countText(rows.length, "row")} of results of ${countText(study.variants.length, "run")}`,
    facts: {},
  };
}

async function recipeReport(
  study: Study,
  { name, trainings }: Recipe,
  { evaluations, differences, labelScores }: RecipeEvaluation,
): Promise<RecipeReport> {
  const config = trainings[0]?.study.config ?? study.config;
  const why = whyNotJudged(config);
  const resamples = Math.max(config.evaluation.resamples, leastDraws(verdictCount(config)));
  return {
    recipe: name,
    scope: { kind: "recipe", seeds: trainings.map(({ seed }) => seed) },
    rows: evaluations.flatMap((evaluation) => seedsRows(evaluation, labelScores)),
    differences: differences.flatMap((evaluation) => seedsRows(evaluation, labelScores)),
    verdicts:
      why === null
        ? scopedVerdicts(await transferStudy(study, { variant: name ?? undefined, resamples }))
        : { notJudged: why },
  };
}
