import { describe, expect, it } from "vitest";
import { exampleRecipeReport } from "../example-recipe-report.ts";
import { seedTables } from "./seed-tables.ts";
import { tablesMarkdown } from "./tables-markdown.ts";

const report = exampleRecipeReport({ recipe: "free", model: "sft", baseline: "base", data: "there" });

describe("seedTables", () => {
  it("print each seed, the mean with its interval, and the spread, with the scope", () => {
    const markdown = tablesMarkdown("study", seedTables(report));
    expect(markdown).toContain("Table S1. Training seeds, free, there");
    expect(markdown).toContain("| Model and score | Seed 1 | Seed 2 | Mean over 2 seeds | SD |");
    expect(markdown).toContain("| sft, macro-F1 | 0.400 | 0.500 | 0.450 \\[0.25, 0.65\\] | 0.071 |");
    expect(markdown).toContain(
      "| sft - base, macro-F1, matched | 0.100 | -0.100 | 0.000 \\[-0.20, 0.20\\] | 0.141 |",
    );
    expect(markdown).toContain("With fewer than 5 seeds the spread is hardly known.");
  });

  it("print the scores of labels where answers were scored", () => {
    const [first] = report.rows;
    if (first === undefined) throw new Error("no row");
    const score = first.macroF1;
    const labelScores = { n: 9, auroc: score, auprc: score, brier: score, calibrationError: score };
    const rows = report.rows.map((row) => ({ ...row, labelScores }));
    const markdown = tablesMarkdown("study", seedTables({ ...report, rows }));
    expect(markdown).toContain("| sft, AUROC | 0.400 | 0.500 | 0.450 \\[0.25, 0.65\\] | 0.071 |");
    // Once, from the row of all labels.
    expect(markdown.split("| sft, calibration error |")).toHaveLength(2);
  });

  it("print the recipe's verdicts and each training's, by scope", () => {
    const markdown = tablesMarkdown("study", seedTables(report));
    expect(markdown).toContain("Table S2. Transfer, by scope, free");
    expect(markdown).toContain(
      "| a recipe, 2 seeds | base to sft | there to there | inconclusive (2 seeds, a recipe needs 5) | 0.100 \\[0.05, 0.15\\] |",
    );
    expect(markdown).toContain("| two checkpoints, seed 2 | base to sft | there to there | transfers |");
  });

  it("have no verdicts where there are none", () => {
    const [, ...more] = seedTables({ ...report, verdicts: { notJudged: "the study trains nothing" } });
    expect(more).toEqual([]);
  });
});
