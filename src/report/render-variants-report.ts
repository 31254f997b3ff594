import type { ResultsRow } from "../evaluation/results-table.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";
import { estimateCell } from "./sections/estimate-cell.ts";
import { table } from "./sections/section.ts";

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
  const hospitals = [...new Set(rows.map(({ data }) => data))];
  return page({ name, description }, [
    {
      id: "results",
      title: "Results",
      body: html`<p>One row a variant and model; each value with its 95 % interval from resampling whole patients. Rows share
their test patients, so overlapping intervals do not mean that two rows do not differ: the variants' own reports hold the
paired differences. A best row among many is better than it will be elsewhere.</p>
${hospitals.map((data) => hospitalTable(data, rows))}`,
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

function hospitalTable(data: string, rows: readonly ResultsRow[]): Html {
  const own = rows.filter((row) => row.data === data);
  const all = own.filter(({ labels }) => labels === "all");
  const matchedOf = (model: string) => own.find((row) => row.labels === "matched" && row.model === model);
  return html`<h3>${data}</h3>
${table(
  `Readings of ${data}`,
  [
    "Variant and model",
    "Failed answers",
    "Micro-F1",
    "Macro-F1",
    "Macro-F1, matched",
    "Jaccard, valid answers",
  ],
  all.map((row) => {
    const matched = matchedOf(row.model);
    return [
      row.model,
      estimateCell(row.failureRateInterval),
      estimateCell(row.microF1),
      estimateCell(row.macroF1),
      matched === undefined ? "" : estimateCell(matched.macroF1),
      estimateCell(row.jaccardValid),
    ];
  }),
)}`;
}
