import type { Estimate } from "../../evaluation/interval.ts";

/** A table of the report, before it is HTML, Markdown or LaTeX. */
export interface PaperTable {
  /** As the paper counts: "1", "2 and 3". */
  readonly number: string;
  readonly title: string;
  /** What a reader has to know of it; may be empty. */
  readonly note: string;
  readonly head: readonly string[];
  /** The first cell of a row is its name. */
  readonly rows: readonly (readonly TableCell[])[];
}

export type TableCell = Estimate | string | number;

export function isEstimate(cell: TableCell): cell is Estimate {
  return typeof cell === "object";
}

/** "Table 5. F1 of each label, NIH". */
export function tableCaption({ number, title }: Pick<PaperTable, "number" | "title">): string {
  return `${/ (?:and|to) /.test(number) ? "Tables" : "Table"} ${number}. ${title}`;
}
