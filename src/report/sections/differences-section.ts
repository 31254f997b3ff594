import type { Comparison } from "../../evaluation/compare.ts";
import { type Html, html } from "../html.ts";
import { markedName, markNotes } from "../marks.ts";
import type { ReportInput } from "../report-input.ts";
import { differenceCell } from "./estimate-cell.ts";
import { hospitalName, modelOf, noteList, type Section, table } from "./section.ts";
import { viewOf } from "./views.ts";

const HEAD = [
  "Contrast",
  "Hospital",
  "Macro-F1, all",
  "Macro-F1, matched",
  "Macro-F1, frequent",
  "Micro-F1, all",
  "Jaccard, valid answers",
  "Failed answers",
];

/** What each stage of training changed, and how the last model stands to those from elsewhere, on the same patients. */
export function differencesSection(input: ReportInput): Section | null {
  if (input.comparisons.length === 0) return null;
  const row = (comparison: Comparison) => {
    const valid = viewOf(comparison, "all", "raw", "left-out");
    return [
      html`${markedName(input, comparison.model, comparison.data)} <span class="muted">against</span> ${markedName(input, comparison.baseline, comparison.data)}`,
      hospitalName(input, comparison.data),
      differenceCell(viewOf(comparison, "all").macro.f1, "high"),
      differenceCell(viewOf(comparison, "matched").macro.f1, "high"),
      differenceCell(viewOf(comparison, "frequent").macro.f1, "high"),
      differenceCell(viewOf(comparison, "all").micro.f1, "high"),
      differenceCell(valid.jaccard, "high"),
      differenceCell(comparison.failureRate, "low"),
    ];
  };
  const differences = (caption: string, of: readonly Comparison[]): Html | null =>
    of.length === 0 ? null : table(caption, HEAD, of.map(row), "dense");
  const isOutside = ({ baseline }: Comparison): boolean => modelOf(input, baseline)?.kind === "outside";
  const elsewhere = input.comparisons.filter(isOutside);
  return {
    id: "differences",
    title: input.sft === null && input.grpo === null ? "Differences" : "What training changed",
    body: html`<p>Differences on the same patients (paired resampling). A mark, ▲ or ▼, stands where the whole
interval lies on one side of zero; without it this study cannot tell the difference from none. No correction is made
for the number of comparisons. <em>Frequent</em> labels have at least 20 positives in the test set.</p>
${differences(
  "Paired differences",
  input.comparisons.filter((comparison) => !isOutside(comparison)),
)}
${differences("Paired differences to models from elsewhere", elsewhere)}
${noteList(
  markNotes(
    input,
    [...new Set(input.comparisons.flatMap(({ model, baseline }) => [model, baseline]))],
    [...new Set(input.comparisons.map(({ data }) => data))],
  ),
)}`,
  };
}
