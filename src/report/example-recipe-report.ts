import type { SeedsEstimate } from "../evaluation/across-seeds.ts";
import type { SeedsRow } from "../evaluation/seeds-rows.ts";
import type { RecipeReport, ScopedVerdict } from "./recipe-report.ts";

/** A made-up recipe of two seeds, for specs: every text that it holds is given. */
export function exampleRecipeReport(texts: {
  readonly recipe: string | null;
  readonly model: string;
  readonly baseline: string;
  readonly data: string;
}): RecipeReport {
  const { recipe, model, baseline, data } = texts;
  const verdict = (scope: ScopedVerdict["scope"], seeds: readonly number[]): ScopedVerdict => ({
    scope,
    seeds,
    from: baseline,
    to: model,
    home: data,
    away: data,
    verdict: scope === "a recipe" ? "inconclusive" : "transfers",
    inconclusive: scope === "a recipe" ? { kind: "too few seeds", seeds: 2, needed: 5 } : null,
    read: {
      level: 0.9667,
      home: { value: 0.1, low: 0.05, high: 0.15 },
      away: { value: 0, low: -0.01, high: 0.01 },
    },
  });
  return {
    recipe,
    scope: { kind: "recipe", seeds: [1, 2] },
    rows: (["all", "matched"] as const).map((labels) => row(model, null, data, labels, [0.4, 0.5])),
    differences: (["all", "matched"] as const).map((labels) =>
      row(model, baseline, data, labels, [0.1, -0.1]),
    ),
    verdicts: [verdict("a recipe", [1, 2]), verdict("two checkpoints", [1]), verdict("two checkpoints", [2])],
  };
}

function row(
  model: string,
  baseline: string | null,
  data: string,
  labels: "all" | "matched",
  [one, two]: readonly [number, number],
): SeedsRow {
  const value = (one + two) / 2;
  const estimate: SeedsEstimate = {
    value,
    low: value - 0.2,
    high: value + 0.2,
    ofSeeds: [one, two],
    sd: Math.abs(one - two) / Math.SQRT2,
  };
  return {
    model,
    baseline,
    data,
    labels,
    n: 10,
    patients: 9,
    seeds: 2,
    labelCount: labels === "all" ? 14 : 9,
    failureRate: value,
    failureRateInterval: estimate,
    macroPrecision: estimate,
    macroRecall: estimate,
    macroF1: estimate,
    microPrecision: estimate,
    microRecall: estimate,
    microF1: estimate,
    jaccard: estimate,
    jaccardValid: estimate,
    closedMacroF1: estimate,
    closedMicroF1: estimate,
    labelScores: null,
  };
}
