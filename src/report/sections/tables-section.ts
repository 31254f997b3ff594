import { type Html, html } from "../html.ts";
import type { ReportInput } from "../report-input.ts";
import { isEstimate, type PaperTable, type TableCell, tableCaption } from "../tables/paper-table.ts";
import { estimateCell } from "./estimate-cell.ts";
import { type Section, table } from "./section.ts";

/** The paper's tables, as far as the study has them. */
export function tablesSection(input: ReportInput, tables: readonly PaperTable[]): Section | null {
  if (tables.length === 0) return null;
  const level = input.evaluations[0]?.interval.level ?? 0;
  return {
    id: "tables",
    title: "Tables in the paper's form",
    body: html`<p>Over all labels that the hospital states, failed answers as naming none, each value with its
${Number((100 * level).toFixed(2))} % interval. The same rows lie beside this page as tables.md and tables.tex.</p>
${tables.map(paperTable)}`,
  };
}

/** One of the paper's tables as HTML. */
export function paperTable(of: PaperTable): Html {
  return html`${table(
    tableCaption(of),
    of.head,
    of.rows.map((row) => row.map(cell)),
    "dense",
  )}
${of.note === "" ? null : html`<p class="note">${of.note}</p>`}
`;
}

const cell = (of: TableCell): Html | string | number => (isEstimate(of) ? estimateCell(of) : of);
