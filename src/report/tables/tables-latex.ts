import { formatNumber, NOTHING } from "../format-estimate.ts";
import { replaceUnseen } from "../html.ts";
import { isEstimate, type PaperTable, type TableCell, tableCaption } from "./paper-table.ts";

/**
 * The report's tables as LaTeX, to be `\input` into a document that uses `booktabs` and `graphicx` (wide tables are
 * shrunk to the line). Nothing that a name holds becomes a command. The numbers are the study's, not LaTeX's: captions
 * say "Table 5" themselves, so `\caption*` (package `caption`) prints them.
 */
export function tablesLatex(title: string, tables: readonly PaperTable[]): string {
  const line = (cells: readonly string[]): string => `${cells.join(" & ")} \\\\`;
  const blocks = tables.map((table) =>
    [
      "\\begin{table}[htbp]",
      "\\centering",
      `\\caption*{${escapeLatex(tableCaption(table))}.${table.note === "" ? "" : ` ${escapeLatex(table.note)}`}}`,
      "\\resizebox{\\linewidth}{!}{%",
      `\\begin{tabular}{l${"r".repeat(Math.max(0, table.head.length - 1))}}`,
      "\\toprule",
      line(table.head.map(escapeLatex)),
      "\\midrule",
      ...table.rows.map((row) => line(row.map(cellText))),
      "\\bottomrule",
      "\\end{tabular}}",
      "\\end{table}",
    ].join("\n"),
  );
  return `${[`% ${oneLine(title)}: needs booktabs, graphicx and caption.`, ...blocks].join("\n\n")}\n`;
}

function cellText(cell: TableCell): string {
  if (!isEstimate(cell)) return escapeLatex(String(cell));
  const { value, low, high } = cell;
  if (value === null) return "--";
  const number = (of: number, digits: number): string => formatNumber(of, digits).replace("-", "$-$");
  const interval =
    low === null || high === null ? "" : ` {\\scriptsize [${number(low, 2)}, ${number(high, 2)}]}`;
  return `${number(value, 3)}${interval}`;
}

const COMMANDS: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "†": "$\\dagger$",
  "‡": "$\\ddagger$",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "\\textquotedbl{}",
  "`": "\\textasciigrave{}",
  [NOTHING]: "--",
};

/** Text on one line in which no character is a command, a comment, a group or math. */
export function escapeLatex(text: string): string {
  return oneLine(text).replace(
    /[\\~^†‡<>|"`–]|[{}$&#_%]/g,
    (character) => COMMANDS[character] ?? `\\${character}`,
  );
}

/** A line break would end a comment, two a cell. */
function oneLine(text: string): string {
  return replaceUnseen(text).replace(/[\s\u2028\u2029]+/g, " ");
}
