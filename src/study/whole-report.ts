import path from "node:path";
import type { Results } from "../evaluation/results-table.ts";
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
import { readResults } from "./read-results.ts";
import { type Recipe, recipesOf } from "./recipes.ts";
import type { StageResult } from "./stage.ts";
import { LATEX_FILE, MARKDOWN_FILE, REPORT_FILE, RESULTS_FILE } from "./stages/report-stage.ts";
import { transferStudy } from "./transfer-study.ts";

type Row = Results["rows"][number];

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
  const rows = await wholeRows(study, recipes);
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
  await writeJsonAtomic(at(RESULTS_FILE), { schema: "chexreason.results/1", rows, recipes });
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
  { evaluations, differences }: RecipeEvaluation,
): Promise<RecipeReport> {
  const config = trainings[0]?.study.config ?? study.config;
  const why = whyNotJudged(config);
  const resamples = Math.max(config.evaluation.resamples, leastDraws(verdictCount(config)));
  return {
    recipe: name,
    scope: { kind: "recipe", seeds: trainings.map(({ seed }) => seed) },
    rows: evaluations.flatMap(seedsRows),
    differences: differences.flatMap(seedsRows),
    verdicts:
      why === null
        ? scopedVerdicts(await transferStudy(study, { variant: name ?? undefined, resamples }))
        : { notJudged: why },
  };
}

/** One row a recipe and model; what is the same in every variant (readers without a picture, a common base) once. */
async function wholeRows(study: Study, recipes: readonly RecipeReport[]): Promise<Row[]> {
  const rowsOf = async ({ folder }: Study): Promise<readonly Row[]> =>
    (await readResults(path.join(folder, RESULTS_FILE))).rows;
  const all = await Promise.all(study.variants.map((variant) => rowsOf(variant.study)));
  const texts = all.map((rows) => new Set(rows.map((row) => JSON.stringify(row))));
  // A model that is a mean over seeds somewhere has its variant's name everywhere.
  const seeded = new Set(recipes.flatMap((recipe) => recipe.rows.map(({ model }) => model)));
  const isCommon = (row: Row): boolean =>
    !seeded.has(row.model) && texts.every((others) => others.has(JSON.stringify(row)));
  const whole: Row[] = [];
  for (const [index, { name, trainings }] of recipesOf(study).entries()) {
    const [first] = trainings;
    const overSeeds = recipes.find(({ recipe }) => recipe === name)?.rows ?? [];
    const prefix = name === null ? "" : `${name} `;
    for (const row of first === undefined ? [] : await rowsOf(first.study)) {
      const mean = overSeeds.find(
        ({ model, data, labels }) => model === row.model && data === row.data && labels === row.labels,
      );
      if (mean !== undefined)
        whole.push({ ...row, ...mean, model: `${prefix}${row.model}, ${countText(mean.seeds, "seed")}` });
      else if (!isCommon(row)) whole.push({ ...row, model: `${prefix}${row.model}` });
      else if (index === 0) whole.push(row);
    }
  }
  return whole;
}
