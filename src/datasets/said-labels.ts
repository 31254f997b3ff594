import type { LabelRow } from "../labels/label.ts";
import type { ReadLabels } from "../labels/label-columns.ts";
import type { CsvRow } from "./csv.ts";

/** What a row says of the 14 labels, or what is wrong with the row. */
export type SaidLabels =
  | { readonly kind: "labels"; readonly labels: LabelRow }
  | { readonly kind: "problem"; readonly problem: string };

/** The labels of a row that has them in columns. */
export function saidLabels(row: CsvRow, readLabels: ReadLabels): SaidLabels {
  if (row.problem !== null) return { kind: "problem", problem: row.problem };
  const reading = readLabels((column) => row.get(column));
  if (reading.kind === "row") return { kind: "labels", labels: reading.row };
  return { kind: "problem", problem: `${reading.label} is "${reading.text}"` };
}
