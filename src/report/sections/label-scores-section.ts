import { FREQUENT_FROM } from "../../evaluation/prepare.ts";
import type { LabelScoreEvaluation } from "../../evaluation/score-metrics/evaluate-label-scores.ts";
import { type Html, html } from "../html.ts";
import { markedName, markNotes } from "../marks.ts";
import type { ReportInput } from "../report-input.ts";
import { estimateCell } from "./estimate-cell.ts";
import { hospitalName, modelName, noteList, type Section, table } from "./section.ts";

/** How sure the models are of each label, whatever they named: ranking and calibration. */
export function labelScoresSection(input: ReportInput): Section | null {
  if (input.labelScores.length === 0) return null;
  return {
    id: "scores",
    title: "How sure the models are",
    body: html`<p>A label's score is the log-probability of the model's own answer with the label minus that without it, after
the model's own reasoning; its probability is the share of the first among the two. <em>AUROC</em>: the chance that an image
with the label scores above one without, 0.5 for a reader that knows nothing. <em>AUPRC</em>: average precision; a reader that
knows nothing has the label's prevalence. <em>Brier score</em>: the mean squared distance of probability and truth.
<em>Calibration error</em>: over ten bins, how far probabilities lie from the share of positives, too high where bins hold few
images. The last two are better when low. Averages over labels; an answer that cannot be read has probability 0 for all.</p>
${averages(input)}
${noteList(
  markNotes(
    input,
    [...new Set(input.labelScores.map(({ model }) => model))],
    [...new Set(input.labelScores.map(({ data }) => data))],
  ),
)}
${input.labelScores.map((of) => details(input, of))}`,
  };
}

function averages(input: ReportInput): Html {
  return table(
    "Scores of the labels, averages",
    [
      "Reader",
      "Hospital",
      "Images scored",
      "AUROC, all",
      "AUROC, matched",
      "AUROC, frequent",
      "AUROC, failures left out",
      "AUPRC, all",
      "Prevalence, mean",
      "Brier score, all",
      "Calibration error, all",
    ],
    input.labelScores.map(({ model, data, n, of, scores }) => {
      const { macro, perLabel } = scores["as-empty"];
      const prevalence = perLabel.reduce((sum, label) => sum + label.prevalence, 0) / perLabel.length;
      return [
        markedName(input, model, data),
        hospitalName(input, data),
        n === of ? n : `${n} of ${of}, at random`,
        estimateCell(macro.all.auroc),
        estimateCell(macro.matched.auroc),
        estimateCell(macro.frequent.auroc),
        estimateCell(scores["left-out"].macro.all.auroc),
        estimateCell(macro.all.auprc),
        prevalence.toFixed(3),
        estimateCell(macro.all.brier),
        estimateCell(macro.all.calibrationError),
      ];
    }),
    "dense",
  );
}

function details(input: ReportInput, { model, data, scores }: LabelScoreEvaluation): Html {
  const title = `${modelName(input, model)} on ${hospitalName(input, data)}, label by label`;
  return html`<details><summary>${title}</summary>
${table(
  title,
  ["Label", "Positives", "AUROC", "AUPRC", "Prevalence", "Brier score", "Calibration error"],
  scores["as-empty"].perLabel.map((own) => [
    own.support < FREQUENT_FROM ? `${own.label} †` : own.label,
    own.support,
    estimateCell(own.auroc),
    estimateCell(own.auprc),
    own.prevalence.toFixed(3),
    estimateCell(own.brier),
    estimateCell(own.calibrationError),
  ]),
)}</details>
`;
}
