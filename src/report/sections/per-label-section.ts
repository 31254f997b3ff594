import type { Evaluation } from "../../evaluation/evaluate.ts";
import { FREQUENT_FROM } from "../../evaluation/prepare.ts";
import type { Label } from "../../labels/label.ts";
import { labelF1Chart } from "../charts/label-f1-chart.ts";
import { type Html, html } from "../html.ts";
import type { ReportInput } from "../report-input.ts";
import { estimateCell } from "./estimate-cell.ts";
import { hospitalName, modelName, modelOf, type Section, table } from "./section.ts";
import { evaluationsOn, labelScore } from "./views.ts";

/** F1 of each label by each trained reader, drawn, and the counts behind it. */
export async function perLabelSection(input: ReportInput): Promise<Section> {
  const blocks: (Html | null)[] = [];
  for (const { id } of input.hospitals) blocks.push(await hospitalBlock(input, id));
  return {
    id: "labels",
    title: "Label by label",
    body: html`<p>F1 of each label. Labels marked † have fewer than ${FREQUENT_FROM} positives: their intervals cover
less than they claim, and an F1 of 0 has the interval [0, 0]; read them as a description, not as evidence.</p>
${blocks}`,
  };
}

async function hospitalBlock(input: ReportInput, hospital: string): Promise<Html | null> {
  const evaluations = evaluationsOn(input, hospital);
  if (evaluations.length === 0) return null;
  const name = hospitalName(input, hospital);
  const trained = evaluations.filter(({ model }) => modelOf(input, model)?.kind !== "trivial");
  const chart = await labelF1Chart(
    `F1 of each label, ${name}`,
    trained.map((evaluation) => ({
      name: modelName(input, evaluation.model),
      labels: evaluation.counts.raw.map(({ label, support }) => ({
        label,
        mark: support < FREQUENT_FROM ? " †" : "",
        f1: labelScore(evaluation, label, "f1"),
      })),
    })),
  );
  return html`<div class="charts wide">${chart}</div>
<details><summary>Counts, precision and recall on ${name}</summary>
${evaluations.map((evaluation) => detail(input, evaluation, name))}</details>
`;
}

function detail(input: ReportInput, evaluation: Evaluation, hospital: string): Html {
  const cell = (label: Label, score: "precision" | "recall" | "f1") =>
    estimateCell(labelScore(evaluation, label, score));
  return table(
    `${modelName(input, evaluation.model)} on ${hospital}`,
    ["Label", "Positives", "Named", "Right", "Wrongly named", "Missed", "Precision", "Recall", "F1"],
    evaluation.counts.raw.map((counts) => [
      counts.support < FREQUENT_FROM ? `${counts.label} †` : counts.label,
      counts.support,
      counts.predicted,
      counts.truePositive,
      counts.falsePositive,
      counts.falseNegative,
      cell(counts.label, "precision"),
      cell(counts.label, "recall"),
      cell(counts.label, "f1"),
    ]),
  );
}
