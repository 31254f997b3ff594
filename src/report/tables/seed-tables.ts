import type { SeedsEstimate } from "../../evaluation/across-seeds.ts";
import type { Estimate } from "../../evaluation/interval.ts";
import type { SeedsRow } from "../../evaluation/seeds-rows.ts";
import { RECIPE_SEEDS } from "../../evaluation/transfer/judge-transfer.ts";
import type { RecipeReport, ScopedVerdict } from "../recipe-report.ts";
import { levelText, whyOpen } from "../render-transfer.ts";
import type { PaperTable, TableCell } from "./paper-table.ts";

/** What is shown of a row over all labels, and of one over the matched. */
const SCORES = {
  all: [
    ["macro-F1", "macroF1"],
    ["micro-F1", "microF1"],
    ["failed answers", "failureRateInterval"],
  ],
  matched: [["macro-F1, matched", "macroF1"]],
} as const;
/** And of the scores of its labels, where answers were scored. */
const LABEL_SCORES = [
  ["AUROC", "auroc"],
  ["AUPRC", "auprc"],
  ["Brier score", "brier"],
  ["calibration error", "calibrationError"],
] as const;

/**
 * A recipe over its training seeds: what each seed scored, the mean with its interval over seeds and patients, and the
 * spread; one table a hospital, then the verdicts with their scope. They count on their own: S1, S2.
 */
export function seedTables(report: RecipeReport): PaperTable[] {
  const hospitals = [...new Set(report.rows.map(({ data }) => data))];
  const of = report.recipe === null ? "" : `, ${report.recipe}`;
  return [
    ...hospitals.map((data) => scoreTable(report, data, `${of}, ${data}`)),
    ...("notJudged" in report.verdicts ? [] : [verdictTable(report.verdicts, of)]),
  ];
}

function scoreTable(
  { scope: { seeds }, rows, differences }: RecipeReport,
  data: string,
  of: string,
): PaperTable {
  const few =
    seeds.length < RECIPE_SEEDS ? ` With fewer than ${RECIPE_SEEDS} seeds the spread is hardly known.` : "";
  return {
    number: "S1",
    title: `Training seeds${of}`,
    note:
      "Scope: a recipe. The mean's interval comes from drawing seeds and patients crosswise, SD is the standard deviation " +
      `between seeds. A difference is taken within each seed.${few}`,
    head: [
      "Model and score",
      ...seeds.map((seed) => `Seed ${seed}`),
      `Mean over ${seeds.length} seeds`,
      "SD",
    ],
    rows: [...rows, ...differences].filter((row) => row.data === data).flatMap(scoreRows),
  };
}

function scoreRows(row: SeedsRow): TableCell[][] {
  const name = row.baseline === null ? row.model : `${row.model} - ${row.baseline}`;
  const cells = (title: string, { value, low, high, ofSeeds, sd }: SeedsEstimate): TableCell[] => [
    `${name}, ${title}`,
    ...ofSeeds.map(plain),
    { value, low, high },
    plain(sd),
  ];
  const { labelScores } = row;
  const isWhole = row.labels === "all";
  return [
    ...SCORES[isWhole ? "all" : "matched"].map(([title, key]) => cells(title, row[key])),
    ...(isWhole && labelScores !== null
      ? LABEL_SCORES.map(([title, key]) => cells(title, labelScores[key]))
      : []),
  ];
}

/** A value without an interval. */
const plain = (value: number | null): Estimate => ({ value, low: null, high: null });

function verdictTable(verdicts: readonly ScopedVerdict[], of: string): PaperTable {
  return {
    number: "S2",
    title: `Transfer, by scope${of}`,
    note:
      "A recipe: patients and training seeds are drawn. Two checkpoints: patients are, one training is what it is. The " +
      "differences are of macro-F1 over the matched labels, at the level that the verdict was read at.",
    head: ["Scope", "Step", "From home to away", "Verdict", "Home", "Away", "Level"],
    rows: verdicts.map((verdict): TableCell[] => {
      const { scope, seeds, from, to, home, away, read } = verdict;
      return [
        scope === "a recipe"
          ? `a recipe, ${seeds.length} seeds`
          : `two checkpoints, seed ${seeds.join(", ")}`,
        `${from} to ${to}`,
        `${home} to ${away}`,
        `${verdict.verdict}${whyOpen(verdict)}`,
        read.home,
        read.away,
        levelText(verdict).replace(" at ", ""),
      ];
    }),
  };
}
