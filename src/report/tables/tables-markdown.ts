import { formatEstimate } from "../format-estimate.ts";
import { replaceUnseen } from "../html.ts";
import { isEstimate, type PaperTable, type TableCell, tableCaption } from "./paper-table.ts";

/** The report's tables as Markdown. Nothing that a name holds becomes markup: what could begin any is escaped. */
export function tablesMarkdown(title: string, tables: readonly PaperTable[]): string {
  const blocks = tables.map((table) => {
    const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
    return [
      `## ${escapeMarkdown(tableCaption(table))}`,
      ...(table.note === "" ? [] : [escapeMarkdown(table.note)]),
      [
        line(table.head.map(escapeMarkdown)),
        line(table.head.map(() => "---")),
        ...table.rows.map((row) => line(row.map(cellText))),
      ].join("\n"),
    ].join("\n\n");
  });
  return `${[`# ${escapeMarkdown(title)}`, ...blocks].join("\n\n")}\n`;
}

function cellText(cell: TableCell): string {
  return escapeMarkdown(isEstimate(cell) ? formatEstimate(cell) : String(cell));
}

/**
 * Text on one line in which no character is markup. All of ASCII's punctuation that CommonMark or GitHub's tables read
 * gets a backslash, and `<`, `>` and `&` their names, for readers that pass HTML through. A name that looks like an
 * address may still be turned into a link by GitHub (`www.`, `https://`); the colon and the dots are named to prevent it.
 */
export function escapeMarkdown(text: string): string {
  const named: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    ":": "&#58;",
    "@": "&#64;",
  };
  return replaceUnseen(text)
    .replace(/[\s\u2028\u2029]+/g, " ")
    .replace(/[&<>:@]/g, (character) => named[character] ?? character)
    .replace(/www\./gi, (found) => `${found.slice(0, 3)}&#46;`)
    .replace(/(?<!&)#(?!\d+;)|[\\`*_{}[\]|~!$]/g, (character) => `\\${character}`);
}
