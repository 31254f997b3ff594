import type { Evaluation } from "../../evaluation/evaluate.ts";
import { type Html, html } from "../html.ts";
import { markedName, markNotes } from "../marks.ts";
import type { ReportInput } from "../report-input.ts";
import { estimateCell } from "./estimate-cell.ts";
import { hospitalName, noteList, type Section, table } from "./section.ts";
import { evaluationsOn, viewOf } from "./views.ts";

/** The same answers counted in other ways, to show what a number owes to the counting. */
export function variantsSection(input: ReportInput): Section {
  const row = (evaluation: Evaluation): (Html | string)[] => {
    const raw = viewOf(evaluation, "all");
    return [
      markedName(input, evaluation.model, evaluation.data),
      estimateCell(raw.macro.precision),
      estimateCell(raw.macro.recall),
      estimateCell(raw.micro.precision),
      estimateCell(raw.micro.recall),
      estimateCell(viewOf(evaluation, "frequent").macro.f1),
      estimateCell(viewOf(evaluation, "all", "closed").macro.f1),
      estimateCell(viewOf(evaluation, "matched", "closed").macro.f1),
      estimateCell(viewOf(evaluation, "all", "raw", "left-out").macro.f1),
      estimateCell(raw.subsetAccuracy),
    ];
  };
  const head = [
    "Reader",
    "Macro precision",
    "Macro recall",
    "Micro precision",
    "Micro recall",
    "Macro-F1, frequent labels",
    "Macro-F1, closed upward",
    "Macro-F1, matched, closed upward",
    "Macro-F1, failures left out",
    "Exactly right",
  ];
  const tables = input.hospitals.map(({ id }) => {
    const evaluations = evaluationsOn(input, id);
    const frequent = evaluations[0]?.subsets.frequent ?? [];
    const note = frequent.length === 0 ? "none" : frequent.join(", ");
    return html`${table(`Other ways of counting, ${hospitalName(input, id)}`, head, evaluations.map(row), "dense")}
<p class="note">Frequent labels here: ${note}.</p>
${noteList(
  markNotes(
    input,
    evaluations.map(({ model }) => model),
    [id],
  ),
)}`;
  });
  return {
    id: "variants",
    title: "Counted in other ways",
    body: html`<p><em>Closed upward</em> adds to truth and answer what they imply (Cardiomegaly implies Enlarged
Cardiomediastinum; Edema, Consolidation, Pneumonia, Atelectasis and Lung Lesion imply Lung Opacity), so that a model is
not scored for having learned one hospital's habit of writing both. <em>Frequent labels</em> have at least 20
positives. <em>Failures left out</em> scores only the answers that could be read. <em>Exactly right</em> is the share of
images whose whole label set was named. Precision, recall and the last column are over all labels.</p>
${tables}`,
  };
}
