import type { Evaluation } from "../../evaluation/evaluate.ts";
import { FREQUENT_FROM } from "../../evaluation/prepare.ts";
import type { Label } from "../../labels/label.ts";
import { type Html, html } from "../html.ts";
import type { ReportInput } from "../report-input.ts";
import { estimateCell } from "./estimate-cell.ts";
import { hospitalName, modelName, type Section, table } from "./section.ts";
import { evaluationsOn } from "./views.ts";

/** F1 of each label by each reader, and the counts behind it. */
export function perLabelSection(input: ReportInput): Section {
  return {
    id: "labels",
    title: "Label by label",
    body: html`<p>F1 of each label. Labels marked † have fewer than ${FREQUENT_FROM} positives: their intervals cover
less than they claim, and an F1 of 0 has the interval [0, 0]; read them as a description, not as evidence.</p>
${input.hospitals.map(({ id }) => hospitalTables(input, id))}`,
  };
}

function hospitalTables(input: ReportInput, hospital: string): Html | null {
  const evaluations = evaluationsOn(input, hospital);
  const [first] = evaluations;
  if (first === undefined) return null;
  const name = hospitalName(input, hospital);
  const labels = first.counts.raw.map(({ label, support }) => ({ label, support }));
  const f1Rows = labels.map(({ label, support }) => [
    marked(label, support),
    support,
    ...evaluations.map((evaluation) => cell(evaluation, label, "f1")),
  ]);
  const detail = (evaluation: Evaluation): Html =>
    table(
      `${modelName(input, evaluation.model)} on ${name}`,
      ["Label", "Positives", "Named", "Right", "Wrongly named", "Missed", "Precision", "Recall", "F1"],
      evaluation.counts.raw.map((counts) => [
        marked(counts.label, counts.support),
        counts.support,
        counts.predicted,
        counts.truePositive,
        counts.falsePositive,
        counts.falseNegative,
        cell(evaluation, counts.label, "precision"),
        cell(evaluation, counts.label, "recall"),
        cell(evaluation, counts.label, "f1"),
      ]),
    );
  return html`${table(
    `F1 of each label, ${name}`,
    ["Label", "Positives", ...evaluations.map(({ model }) => modelName(input, model))],
    f1Rows,
  )}
<details><summary>Counts, precision and recall on ${name}</summary>
${evaluations.map(detail)}</details>
`;
}

function marked(label: Label, support: number): string {
  return support < FREQUENT_FROM ? `${label} †` : label;
}

function cell(evaluation: Evaluation, label: Label, score: "precision" | "recall" | "f1"): Html | string {
  const table = evaluation.perLabel.find(({ closure, failed }) => closure === "raw" && failed === "as-empty");
  const scores = table?.labels.find((entry) => entry.label === label);
  return scores === undefined ? "" : estimateCell(scores[score]);
}
