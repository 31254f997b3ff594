import { mkdir, readlink, symlink } from "node:fs/promises";
import path from "node:path";
import type { ResultsRow } from "../evaluation/results-table.ts";
import { renderVariantsReport } from "../report/render-variants-report.ts";
import { tablesLatex } from "../report/tables/tables-latex.ts";
import { tablesMarkdown } from "../report/tables/tables-markdown.ts";
import { variantTables } from "../report/tables/variant-tables.ts";
import { writeFileAtomic, writeJsonAtomic } from "../util/files.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";
import { readResults } from "./read-results.ts";
import { type RunStudyOptions, runStudy } from "./run-study.ts";
import { LATEX_FILE, MARKDOWN_FILE, REPORT_FILE, RESULTS_FILE } from "./stages/report-stage.ts";

/** What all variants use alike, and would otherwise make again: drawn hospitals, and what the vision tower saw. */
const SHARED_FOLDERS = ["hospitals", "cache"] as const;

/**
 * Runs every variant of a study as far as asked, each in its own folder; a stage that another variant has finished
 * with the same settings on the same files is taken over. When all reports are there, writes the table of them all.
 * Returns how many stages had to work.
 */
export async function runVariants(study: Study, options: RunStudyOptions): Promise<{ worked: number }> {
  const folders = study.variants.map(({ study: { folder } }) => folder);
  let worked = 0;
  for (const { name, study: variant } of study.variants) {
    await shareFolders(study.folder, variant.folder);
    const outcome = await runStudy(variant, {
      ...options,
      others: folders.filter((folder) => folder !== variant.folder),
      listener: {
        ...options.listener,
        onStage: (event) => options.listener.onStage({ ...event, stage: `${name}: ${event.stage}` }),
      },
    });
    worked += outcome.worked;
  }
  if (options.until === "report") await writeVariantsReport(study);
  return { worked };
}

/** Links the shared folders of the whole study into a variant's. */
async function shareFolders(from: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of SHARED_FOLDERS) {
    await mkdir(path.join(from, name), { recursive: true });
    const target = path.relative(folder, path.join(from, name));
    try {
      await symlink(target, path.join(folder, name));
    } catch (error) {
      const found = await readlink(path.join(folder, name)).catch(() => null);
      if (found !== target)
        throw new UserError(
          `${path.join(folder, name)} cannot be linked to ${target} (${messageOf(error)}): move it away, the variants share one`,
        );
    }
  }
}

/** One row a variant and model; what is the same in every variant (readers without a picture, a common base) once. */
async function writeVariantsReport(study: Study): Promise<void> {
  const at = path.join(study.folder, REPORT_FILE);
  const results = await Promise.all(
    study.variants.map(async ({ name, study: { folder } }) => ({
      name,
      rows: (await readResults(path.join(folder, RESULTS_FILE))).rows,
    })),
  );
  const isCommon = (row: ResultsRow): boolean =>
    results.every(({ rows }) => rows.some((other) => JSON.stringify(other) === JSON.stringify(row)));
  const rows = results.flatMap(({ name, rows: own }, index) =>
    own.flatMap((row) => {
      if (!isCommon(row)) return [{ ...row, model: `${name} ${row.model}` }];
      return index === 0 ? [row] : [];
    }),
  );
  const reports = study.variants.map(({ name, study: { config, folder } }) => ({
    name,
    title: config.title ?? "",
    file: path.relative(path.dirname(at), path.join(folder, REPORT_FILE)).split(path.sep).join("/"),
  }));
  const { name, title = "" } = study.config;
  await writeJsonAtomic(path.join(study.folder, RESULTS_FILE), { schema: "chexreason.results/1", rows });
  const tables = variantTables(rows);
  await writeFileAtomic(path.join(study.folder, MARKDOWN_FILE), tablesMarkdown(name, tables));
  await writeFileAtomic(path.join(study.folder, LATEX_FILE), tablesLatex(name, tables));
  await writeFileAtomic(at, renderVariantsReport({ name, description: title, rows, reports }));
}
