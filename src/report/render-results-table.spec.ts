import { describe, expect, it } from "vitest";
import type { Estimate } from "../evaluation/interval.ts";
import type { ResultsRow } from "../evaluation/results-table.ts";
import { renderResultsTable } from "./render-results-table.ts";

const at = (value: number): Estimate => ({ value, low: value - 0.1, high: value + 0.1 });
const none: Estimate = { value: null, low: null, high: null };
const row = (fields: Partial<ResultsRow>): ResultsRow => ({
  model: "sft",
  data: "phantom-chexpert",
  labels: "all",
  n: 200,
  patients: 1,
  labelCount: 14,
  failureRate: 0.1,
  failureRateInterval: at(0.1),
  macroPrecision: at(0.7),
  macroRecall: at(0.3),
  macroF1: at(0.5),
  microPrecision: at(0.7),
  microRecall: at(0.3),
  microF1: at(0.6),
  jaccard: at(0.4),
  jaccardValid: at(0.45),
  closedMacroF1: at(0.5),
  closedMicroF1: at(0.6),
  labelScores: null,
  ...fields,
});

describe("renderResultsTable", () => {
  it("aligns one block a hospital", () => {
    const rows = [
      row({}),
      row({ labels: "matched", labelCount: 9, macroF1: at(0.45) }),
      row({ model: "constant", macroF1: at(0.2) }),
      row({ model: "constant", labels: "matched", labelCount: 9, macroF1: none }),
      row({ data: "phantom-nih", labelCount: 9 }),
    ];
    expect(renderResultsTable(rows)).toBe(
      [
        "phantom-chexpert: 200 images of 1 patient, 14 labels, 9 matched",
        "  model      failed answers       macro-F1, all        macro-F1, matched    micro-F1, all",
        "  sft        0.100 [0.00, 0.20]   0.500 [0.40, 0.60]   0.450 [0.35, 0.55]   0.600 [0.50, 0.70]",
        "  constant   0.100 [0.00, 0.20]   0.200 [0.10, 0.30]   –                    0.600 [0.50, 0.70]",
        "",
        "phantom-nih: 200 images of 1 patient, 9 labels, 0 matched",
        "  model      failed answers       macro-F1, all        macro-F1, matched    micro-F1, all",
        "  sft        0.100 [0.00, 0.20]   0.500 [0.40, 0.60]   –                    0.600 [0.50, 0.70]",
        "",
      ].join("\n"),
    );
  });

  it("prints behind a name what it was picked among", () => {
    const best = { text: "best of 5", choices: [{ model: "sft", k: 5, of: "checkpoints" }] };
    expect(renderResultsTable([{ ...row({}), bestOf: best }])).toContain("  sft (best of 5)   0.100 ");
    expect(renderResultsTable([{ ...row({}), bestOf: null }])).toContain("  sft     0.100 ");
  });

  it("lets no name move the cursor", () => {
    expect(renderResultsTable([row({ model: "\u001b[2Jx\n" })])).toContain("?[2Jx?");
  });
});
