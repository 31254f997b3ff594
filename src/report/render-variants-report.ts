import type { ResultsRow } from "../evaluation/results-table.ts";
import { html } from "./html.ts";
import { page } from "./page.ts";
import { paperTable } from "./sections/tables-section.ts";
import { variantTables } from "./tables/variant-tables.ts";

/** What the page of a study with variants shows. */
export interface VariantsReportInput {
  readonly name: string;
  readonly description: string;
  /** A row's model is "<variant> <model>", or a reader that looks at no picture. */
  readonly rows: readonly ResultsRow[];
  /** The variants' own reports: `file` is relative to this one. Made of study names, never of data. */
  readonly reports: readonly { readonly name: string; readonly title: string; readonly file: string }[];
}

/** All variants of a study in one table a hospital, with the way to the report of each. */
export function renderVariantsReport({ name, description, rows, reports }: VariantsReportInput): string {
  return page({ name, description }, [
    {
      id: "results",
      title: "Results",
      body: html`<p>One row a variant and model; each value with its 95 % interval from resampling whole patients. Rows share
their test patients, so overlapping intervals do not mean that two rows do not differ: the variants' own reports hold the
paired differences. A best row among many is better than it will be elsewhere.</p>
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
