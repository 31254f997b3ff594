import type { Evaluation } from "../../evaluation/evaluate.ts";
import { intervalChart } from "../charts/interval-chart.ts";
import { type Html, html } from "../html.ts";
import { markedName, markNotes } from "../marks.ts";
import type { ReportHospital, ReportInput } from "../report-input.ts";
import { estimateCell } from "./estimate-cell.ts";
import { modelName, modelOf, noteList, type Section, table } from "./section.ts";
import { evaluationsOn, viewOf } from "./views.ts";

/** The main table: each hospital, each model beside the trivial readers. */
export async function resultsSection(input: ReportInput): Promise<Section> {
  const blocks: Html[] = [];
  for (const hospital of input.hospitals) {
    const evaluations = evaluationsOn(input, hospital.id);
    const [first] = evaluations;
    if (first === undefined) continue;
    blocks.push(html`<h3>${hospital.name}</h3>
<p>${hospital.description} ${size(first)}</p>
<div class="charts">${await charts(input, evaluations)}</div>
${mainTable(input, hospital, evaluations)}
${noteList(
  markNotes(
    input,
    evaluations.map(({ model }) => model),
    [hospital.id],
  ),
)}`);
  }
  return {
    id: "results",
    title: "Results",
    body: html`<p>Each value stands with its ${percent(input)} interval, from resampling whole patients
(${input.evaluations[0]?.interval.resamples ?? 0} resamples, percentile). <em>All</em> labels are those that the hospital
states; <em>matched</em> labels are those that every hospital states, so only matched columns may be compared
between hospitals. An answer that cannot be read counts as naming no finding. The readers in grey never look at the
picture: a model that does not beat them has learned nothing from it. In the charts a dashed line marks the best
of them.</p>
<dl>${input.models.map(({ name, description }) => html`<dt>${name}:</dt><dd>${description}</dd>`)}</dl>
${blocks}`,
  };
}

function size({ n, patients, subsets }: Evaluation): string {
  return `${n} images of ${patients} patients; ${subsets.all.length} labels, ${subsets.matched.length} of them matched.`;
}

async function charts(input: ReportInput, evaluations: readonly Evaluation[]): Promise<Html[]> {
  const highest = axisEnd(input);
  const chart = (labels: "all" | "matched", title: string) =>
    intervalChart(
      title,
      evaluations.map((evaluation) => ({
        name: modelName(input, evaluation.model),
        kind: modelOf(input, evaluation.model)?.kind === "trivial" ? "trivial" : "trained",
        estimate: viewOf(evaluation, labels).macro.f1,
      })),
      highest,
    );
  return Promise.all([chart("all", "Macro-F1, all labels"), chart("matched", "Macro-F1, matched labels")]);
}

/** What the intervals claim to cover, "95 %". */
function percent({ evaluations }: ReportInput): string {
  return `${Number((100 * (evaluations[0]?.interval.level ?? 0)).toFixed(2))} %`;
}

/** The end of the charts' axes: the highest bound of any, to the next tenth, so that all may be compared by eye. */
function axisEnd({ evaluations }: ReportInput): number {
  const bounds = evaluations.flatMap((evaluation) =>
    (["all", "matched"] as const).map((labels) => viewOf(evaluation, labels).macro.f1.high ?? 0),
  );
  return Math.max(1, Math.ceil(10 * Math.max(...bounds))) / 10;
}

function mainTable(input: ReportInput, hospital: ReportHospital, evaluations: readonly Evaluation[]): Html {
  return table(
    `Readings of ${hospital.name}`,
    [
      "Reader",
      "Failed answers",
      "Macro-F1, all",
      "Macro-F1, matched",
      "Micro-F1, all",
      "Micro-F1, matched",
      "Jaccard",
      "Jaccard, valid answers",
    ],
    evaluations.map((evaluation) => {
      const all = viewOf(evaluation, "all");
      const matched = viewOf(evaluation, "matched");
      const isTrivial = modelOf(input, evaluation.model)?.kind === "trivial";
      return [
        html`<span class="${isTrivial ? "trivial" : "trained"}">${markedName(input, evaluation.model, hospital.id)}</span>`,
        estimateCell(evaluation.failureRate),
        estimateCell(all.macro.f1),
        estimateCell(matched.macro.f1),
        estimateCell(all.micro.f1),
        estimateCell(matched.micro.f1),
        estimateCell(all.jaccard),
        estimateCell(viewOf(evaluation, "all", "raw", "left-out").jaccard),
      ];
    }),
  );
}
