import type { Evaluation } from "../../evaluation/evaluate.ts";
import type { Estimate } from "../../evaluation/interval.ts";
import { FREQUENT_FROM } from "../../evaluation/prepare.ts";
import { markedName, markNotes, marksOf } from "../marks.ts";
import type { ReportInput, ReportModel } from "../report-input.ts";
import { hospitalName } from "../sections/section.ts";
import { evaluationsOn, labelScore, viewOf } from "../sections/views.ts";
import { labelScoreTables } from "./label-score-tables.ts";
import type { PaperTable, TableCell } from "./paper-table.ts";

const AVERAGES = [
  "Micro precision",
  "Micro recall",
  "Micro-F1",
  "Macro precision",
  "Macro recall",
  "Macro-F1",
  "Failed answers",
];

/**
 * The study's numbers in the form of the paper's six tables, as far as it has them: prompts (1), formats of fine-tuning
 * (2 and 3, which the paper prints for two base models), GRPO's checkpoints (4), and F1 of each label (from 5 on, one a
 * hospital). All over the labels that the hospital states, failed answers as empty.
 *
 * Deviations: every number has its interval; no best value is set in bold, which would decide what the intervals do not.
 */
export function paperTables(input: ReportInput): PaperTable[] {
  return [
    ...promptTable(input),
    ...formatTable(input),
    ...checkpointTables(input),
    ...input.hospitals.flatMap(({ id }, index) => labelTable(input, id, String(5 + index))),
    ...labelScoreTables(input),
  ];
}

function promptTable(input: ReportInput): PaperTable[] {
  const base = input.models.filter(({ step }) => step === "base");
  const prompts = new Set(base.map(({ prompt }) => prompt));
  if (prompts.size < 2) return [];
  return [
    {
      number: "1",
      title: "Prompts for the untrained model",
      note: [
        `${prompts.size} prompts, read side by side on these images: the best of them is the best of ${prompts.size}.`,
        notes(input, base),
      ]
        .join(" ")
        .trim(),
      head: ["Prompt", "Hospital", ...AVERAGES],
      rows: rowsOf(input, base, ({ prompt, name }) => [prompt ?? name]),
    },
  ];
}

function formatTable(input: ReportInput): PaperTable[] {
  const tuned = input.models.filter(({ step }) => step === "sft");
  if (tuned.length === 0) return [];
  return [
    {
      number: "2 and 3",
      title: "Fine-tuning, by the format of its traces",
      note: [
        "A study trains on one format. The four of the paper are four variants of a study, in one table on its own page.",
        notes(input, tuned),
      ]
        .join(" ")
        .trim(),
      head: ["Format", "Hospital", ...AVERAGES],
      rows: rowsOf(input, tuned, ({ prompt, name }) => [prompt ?? name]),
    },
  ];
}

function checkpointTables(input: ReportInput): PaperTable[] {
  const run = input.grpoRun;
  const reinforced = input.models.filter(({ step }) => step === "grpo");
  if (run === null || reinforced.length === 0) return [];
  const last = Math.max(0, ...run.validations.map(({ rollout }) => rollout));
  const name = (kind: "best" | "last"): string =>
    `${kind}, rollout ${kind === "best" ? run.bestRollout : last}`;
  const validated = (["best", "last"] as const).flatMap((kind): TableCell[][] => {
    const rollout = kind === "best" ? run.bestRollout : last;
    // A run that went back to a checkpoint may validate one rollout twice; the later counts.
    const found = run.validations.findLast((row) => row.rollout === rollout);
    if (found === undefined) return [];
    const { jaccard, jaccardValid, failureRate } = found;
    return [[name(kind), run.reward, ...[jaccard, jaccardValid, failureRate].map(plain)]];
  });
  return [
    {
      number: "4",
      title: "GRPO, the checkpoint that was read",
      note: [
        `Best is the best on the validation set, never on a test set. This study's results are of the ${run.evaluated} checkpoint.`,
        notes(input, reinforced),
      ]
        .join(" ")
        .trim(),
      head: ["Checkpoint", "Reward", "Hospital", ...AVERAGES],
      rows: rowsOf(input, reinforced, () => [name(run.evaluated), run.reward]),
    },
    ...(validated.length === 0
      ? []
      : [
          {
            number: "4, validation",
            title: "GRPO, best and last checkpoint on the validation set",
            note: "The best is chosen among these very numbers: it flatters itself. Without intervals, since training logs no reading of its own.",
            head: ["Checkpoint", "Reward", "Jaccard", "Jaccard, valid answers", "Failed answers"],
            rows: validated,
          },
        ]),
  ];
}

/** What the marks of these models' rows say. */
const notes = (input: ReportInput, models: readonly ReportModel[]): string =>
  markNotes(
    input,
    models.map(({ id }) => id),
    input.hospitals.map(({ id }) => id),
  ).join(" ");

/** A value without an interval. */
const plain = (value: number | null): Estimate => ({ value, low: null, high: null });

function rowsOf(
  input: ReportInput,
  models: readonly ReportModel[],
  nameOf: (model: ReportModel) => readonly string[],
): TableCell[][] {
  const marked = ([name = "", ...rest]: readonly string[], model: string, hospital: string): string[] => [
    `${name}${marksOf(input, model, hospital)}`,
    ...rest,
  ];
  return input.hospitals.flatMap(({ id }) =>
    models.flatMap((model) => {
      const evaluation = input.evaluations.find((each) => each.model === model.id && each.data === id);
      return evaluation === undefined
        ? []
        : [[...marked(nameOf(model), model.id, id), hospitalName(input, id), ...averagesOf(evaluation)]];
    }),
  );
}

function averagesOf(evaluation: Evaluation): Estimate[] {
  const { micro, macro } = viewOf(evaluation, "all");
  return [
    micro.precision,
    micro.recall,
    micro.f1,
    macro.precision,
    macro.recall,
    macro.f1,
    evaluation.failureRate,
  ];
}

function labelTable(input: ReportInput, hospital: string, number: string): PaperTable[] {
  const evaluations = evaluationsOn(input, hospital);
  const [first] = evaluations;
  if (first === undefined) return [];
  const average = (name: string, of: (evaluation: Evaluation) => Estimate): TableCell[] => [
    name,
    "",
    ...evaluations.map(of),
  ];
  return [
    {
      number,
      title: `F1 of each label, ${hospitalName(input, hospital)}`,
      note:
        `Labels marked † have fewer than ${FREQUENT_FROM} positives: their intervals cover less than they claim, and an F1 of 0 ` +
        [
          "has the interval [0, 0]; read them as a description, not as evidence.",
          ...markNotes(
            input,
            evaluations.map(({ model }) => model),
            [hospital],
          ),
        ].join(" "),
      head: ["Label", "Positives", ...evaluations.map(({ model }) => markedName(input, model, hospital))],
      rows: [
        ...first.counts.raw.map(({ label, support }): TableCell[] => [
          support < FREQUENT_FROM ? `${label} †` : label,
          support,
          ...evaluations.map((evaluation) => labelScore(evaluation, label, "f1")),
        ]),
        average("Micro average", (evaluation) => viewOf(evaluation, "all").micro.f1),
        average("Macro average", (evaluation) => viewOf(evaluation, "all").macro.f1),
        average("Macro average, matched labels", (evaluation) => viewOf(evaluation, "matched").macro.f1),
      ],
    },
  ];
}
