import type { ResultsRow, RowRemarks } from "../evaluation/results-table.ts";
import { formatEstimate } from "./format-estimate.ts";

const HEAD = ["model", "failed answers", "macro-F1, all", "macro-F1, matched", "micro-F1, all"] as const;

/**
 * The results as plain text, one block a hospital, a line a model, columns aligned. Numbers stand with their interval
 * over patients, and names with what they were picked among. Each row pairs the `all` row of a model with its `matched` row.
 */
export function renderResultsTable(rows: readonly (ResultsRow & Partial<RowRemarks>)[]): string {
  const all = rows.filter((row) => row.labels === "all");
  const lines = all.map((row) => {
    const matched = rows.find((r) => r.labels === "matched" && r.model === row.model && r.data === row.data);
    return {
      row,
      matchedCount: matched?.labelCount ?? 0,
      cells: [
        plain(row.bestOf == null ? row.model : `${row.model} (${row.bestOf.text})`),
        formatEstimate(row.failureRateInterval),
        formatEstimate(row.macroF1),
        matched === undefined ? "–" : formatEstimate(matched.macroF1),
        formatEstimate(row.microF1),
      ],
    };
  });
  const widths = HEAD.map((head, c) =>
    Math.max(head.length, ...lines.map(({ cells }) => cells[c]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join("   ")}`.trimEnd();
  const blocks = [...new Set(all.map(({ data }) => data))].map((data) => {
    const own = lines.filter(({ row }) => row.data === data);
    const first = own[0];
    const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;
    const title =
      first === undefined
        ? plain(data)
        : `${plain(data)}: ${count(first.row.n, "image")} of ${count(first.row.patients, "patient")}, ${count(
            first.row.labelCount,
            "label",
          )}, ${first.matchedCount} matched`;
    return [title, line(HEAD), ...own.map(({ cells }) => line(cells))].join("\n");
  });
  return `${blocks.join("\n\n")}\n`;
}

/** A name without characters that could move a terminal's cursor. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
