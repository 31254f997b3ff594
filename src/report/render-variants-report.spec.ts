import { describe, expect, it } from "vitest";
import type { ResultsRow } from "../evaluation/results-table.ts";
import { exampleRecipeReport } from "./example-recipe-report.ts";
import { renderVariantsReport } from "./render-variants-report.ts";

const estimate = (value: number) => ({ value, low: value - 0.1, high: value + 0.1 });
const row = (model: string, data: string, labels: "all" | "matched", macroF1: number): ResultsRow => ({
  model,
  data,
  labels,
  n: 10,
  patients: 9,
  labelCount: 14,
  failureRate: 0,
  failureRateInterval: estimate(0.25),
  macroPrecision: estimate(0.61),
  macroRecall: estimate(0.62),
  macroF1: estimate(macroF1),
  microPrecision: estimate(0.63),
  microRecall: estimate(0.64),
  microF1: estimate(0.5),
  jaccard: estimate(0.3),
  jaccardValid: estimate(0.3),
  closedMacroF1: estimate(0.5),
  closedMicroF1: estimate(0.5),
  labelScores: null,
});
const report = (model: string) =>
  renderVariantsReport({
    name: "formats",
    description: "four formats",
    rows: [
      row(model, "one", "all", 0.41),
      row(model, "one", "matched", 0.42),
      row(model, "two", "all", 0.43),
    ],
    recipes: [],
    reports: [{ name: "free", title: "", file: "../variants/free/reports/index.html" }],
  });

describe("renderVariantsReport", () => {
  it("has a table a hospital, a row a variant and model, and leads to each report", () => {
    const page = report("free sft");
    expect(page.match(/<table/g)).toHaveLength(2);
    expect(page).toContain('<a href="../variants/free/reports/index.html">free</a>');
    for (const value of ["0.410 ", "0.420 ", "0.430 "]) expect(page.split(value)).toHaveLength(2);
  });

  it("prints precision and recall beside F1, as the paper's Tables 2 to 4 do", () => {
    const page = report("free sft");
    // Once a hospital: matched rows print their F1 alone.
    for (const value of ["0.610 ", "0.620 ", "0.630 ", "0.640 "]) expect(page.split(value)).toHaveLength(3);
    expect(page).toContain("<caption>Tables 2 to 4. Variants, one</caption>");
  });

  it("opens with the recipes that were trained with several seeds, and says what their numbers speak of", () => {
    expect(report("free sft")).not.toContain("training seeds");
    const recipe = exampleRecipeReport({ recipe: "free", model: "sft", baseline: "base", data: "one" });
    const page = renderVariantsReport({
      name: "seeds",
      description: "",
      rows: [],
      recipes: [recipe],
      reports: [],
    });
    expect(page.indexOf("Over training seeds")).toBeLessThan(page.indexOf('id="results"'));
    expect(page).toContain("Scope: a recipe, seeds 1, 2.");
    expect(page).toContain('<strong class="verdict">inconclusive</strong> base to sft');
    expect(page).toContain("two checkpoints, seed 1");
    const silent = { ...recipe, verdicts: { notJudged: "models were read on one alone" } };
    expect(
      renderVariantsReport({ name: "seeds", description: "", rows: [], recipes: [silent], reports: [] }),
    ).toContain("No verdict: models were read on one alone.");
  });

  it("escapes what it is given", () => {
    const page = report("<script>alert(1)</script>");
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;");
  });
});
