import type { ResultsRow } from "../evaluation/results-table.ts";
import { html } from "./html.ts";
import { page } from "./page.ts";
import type { RecipeReport } from "./recipe-report.ts";
import { seedsSection } from "./sections/seeds-section.ts";
import { paperTable } from "./sections/tables-section.ts";
import { variantTables } from "./tables/variant-tables.ts";

/** What the page of a study with variants shows. */
export interface VariantsReportInput {
  readonly name: string;
  readonly description: string;
  /** A row's model is "<variant> <model>", with the number of seeds where it is a mean, or a reader without a picture. */
  readonly rows: readonly ResultsRow[];
  /** Those that were trained with several seeds. */
  readonly recipes: readonly RecipeReport[];
  /** The variants' own reports: `file` is relative to this one. Made of study names, never of data. */
  readonly reports: readonly { readonly name: string; readonly title: string; readonly file: string }[];
}

/** All variants of a study in one table a hospital, with the way to the report of each. */
export function renderVariantsReport(input: VariantsReportInput): string {
  const { name, description, rows, recipes, reports } = input;
  const seeds = seedsSection(recipes);
  return page({ name, description }, [
    ...(seeds === null ? [] : [seeds]),
    {
      id: "results",
      title: "Results",
      body: html`<p>One row a variant and model; each value with its 95 % interval from resampling whole patients. Rows share
their test patients, so overlapping intervals do not mean that two rows do not differ: the variants' own reports hold the
paired differences. A best row among many is better than it will be elsewhere.${
        seeds === null
          ? ""
          : " A row of several seeds is their mean, its intervals from drawing seeds and patients crosswise."
      }</p>
${variantTables(rows).map(paperTable)}<p class="note">The same rows lie beside this page as tables.md and tables.tex.</p>`,
    },
    {
      id: "variants",
      title: "Variants",
      body: html`<ul>${reports.map(
        ({ name: variant, title, file }) => html`<li><a href="${file}">${variant}</a> ${title}</li>`,
      )}</ul>`,
    },
  ]);
}
