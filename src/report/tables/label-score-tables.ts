import type { Estimate } from "../../evaluation/interval.ts";
import { FREQUENT_FROM } from "../../evaluation/prepare.ts";
import type { ScoreAverages } from "../../evaluation/score-metrics/label-scorer.ts";
import { markedName, markNotes } from "../marks.ts";
import type { ReportInput } from "../report-input.ts";
import { hospitalName } from "../sections/section.ts";
import type { PaperTable, TableCell } from "./paper-table.ts";

const METRICS = ["AUROC", "AUPRC", "Brier score", "Calibration error"];

/**
 * What no decision threshold enters: one table of averages, and one a hospital of its labels. The paper has none, so they
 * are counted by themselves.
 */
export function labelScoreTables(input: ReportInput): PaperTable[] {
  if (input.labelScores.length === 0) return [];
  const labelTables = input.hospitals.flatMap(({ id }, index): PaperTable[] => {
    const own = input.labelScores.filter(({ data }) => data === id);
    const labels = own[0]?.scores["as-empty"].perLabel ?? [];
    if (own.length === 0) return [];
    return [
      {
        number: `S${2 + index}`,
        title: `Scores of each label, ${hospitalName(input, id)}`,
        note: [
          `Labels marked † have fewer than ${FREQUENT_FROM} positives: read them as a description, not as evidence.`,
          ...markNotes(
            input,
            own.map(({ model }) => model),
            [id],
          ),
        ].join(" "),
        head: ["Label", "Positives", "Reader", ...METRICS],
        rows: labels.flatMap(({ label }) =>
          own.flatMap(({ model, scores }): TableCell[][] =>
            scores["as-empty"].perLabel
              .filter((entry) => entry.label === label)
              .map((entry) => [
                entry.support < FREQUENT_FROM ? `${label} †` : label,
                entry.support,
                markedName(input, model, id),
                ...metricsOf(entry),
              ]),
          ),
        ),
      },
    ];
  });
  return [averageTable(input), ...labelTables];
}

function averageTable(input: ReportInput): PaperTable {
  return {
    number: "S1",
    title: "Scores of the labels, averages",
    note: [
      "A score is the log-probability of the model's own answer with the label minus that without it; failed answers have",
      "probability 0. Brier score and calibration error are better when low.",
      ...markNotes(
        input,
        [...new Set(input.labelScores.map(({ model }) => model))],
        input.hospitals.map(({ id }) => id),
      ),
    ].join(" "),
    head: ["Reader", "Hospital", "Images", ...METRICS, "AUROC, matched labels"],
    rows: input.labelScores.map(({ model, data, n, scores }) => {
      const { all, matched } = scores["as-empty"].macro;
      return [markedName(input, model, data), hospitalName(input, data), n, ...metricsOf(all), matched.auroc];
    }),
  };
}

const metricsOf = (of: ScoreAverages<Estimate>): Estimate[] => [
  of.auroc,
  of.auprc,
  of.brier,
  of.calibrationError,
];
