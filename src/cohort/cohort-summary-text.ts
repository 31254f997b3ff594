import { LABELS } from "../labels/label.ts";
import { textColumns } from "../util/text-columns.ts";
import type { CohortSummary } from "./cohort-summary.ts";

/** What a folder of cohorts holds, as a table for the terminal: a row a label, a column a set, and what was left out. */
export function cohortSummaryText(summary: CohortSummary): string {
  const { sets, setAside, source } = summary;
  const table = textColumns([
    ["", ...sets.map(({ name }) => name)],
    ["use", ...sets.map(({ use }) => use)],
    ["images", ...sets.map(({ images }) => String(images))],
    ["patients", ...sets.map(({ patients }) => String(patients))],
    ...LABELS.map((label) => [label, ...sets.map(({ shares }) => `${(100 * shares[label]).toFixed(2)} %`)]),
  ]);
  return (
    `${table}${source.records} records of ${source.rows} rows; set aside: ${counted(setAside)}\n` +
    `${picturesText(summary)}\n`
  );
}

function picturesText({ images, replaced, missing }: CohortSummary): string {
  if (images === "unchecked") return "no picture was looked at";
  const fetched = missing === 0 ? "every picture was read" : `${missing} pictures are still to be fetched`;
  return `${fetched}; unusable: ${counted(replaced)}`;
}

function counted(counts: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(counts).map(([reason, count]) => `${reason} ${count}`);
  return reasons.join(", ") || "none";
}
