import { describe, expect, it } from "vitest";
import type { Estimate } from "../evaluation/interval.ts";
import { byMeasure, type Measure, type PerMeasure } from "../evaluation/transfer/measures.ts";
import type { Inconclusive, Transfer, TransferContrast } from "../evaluation/transfer/transfer.ts";
import type { Verdict } from "../evaluation/transfer/verdict.ts";
import { LABELS } from "../labels/label.ts";
import { marginText, renderTransfer } from "./render-transfer.ts";

const NOTHING: Estimate = { value: null, low: null, high: null };
const about = (value: number): Estimate => ({ value, low: value - 0.01, high: value + 0.01 });
const measured = (values: Partial<Record<Measure, number>>): PerMeasure<Estimate> =>
  byMeasure((measure) => (values[measure] === undefined ? NOTHING : about(values[measure])));
const change = (absolute: number, relative: number) => ({
  absolute: about(absolute),
  relative: about(relative),
});
const NINE = LABELS.slice(0, 9);

function contrast(verdict: Verdict, inconclusive: Inconclusive | null): TransferContrast {
  return {
    from: "sft",
    to: "grpo",
    home: "here",
    away: "there",
    verdict,
    inconclusive,
    read: { level: 1 - 0.05 / 3, home: about(0.04), away: about(-0.03) },
    changes: byMeasure(() => ({ home: change(0.04, 0.23), away: change(-0.03, -0.19) })),
    contributions: {
      homeAll: [
        { label: "Lung Opacity", from: 0.1, to: 0.5, contribution: 0.03, share: 0.65 },
        { label: "Edema", from: 0.2, to: 0.1, contribution: -0.01, share: -0.2 },
      ],
      homeMatched: NINE.map((label) => ({ label, from: 0, to: 0, contribution: 0, share: null })),
      awayMatched: [{ label: "Edema", from: 0, to: 0, contribution: 0, share: null }],
    },
  };
}

const transfer = (contrasts: readonly TransferContrast[], more: Partial<Transfer> = {}): Transfer => ({
  schema: "chexreason.transfer/1",
  subject: "spec",
  scope: { kind: "two checkpoints" },
  measure: "matched",
  delta: 0.02,
  declaredDelta: 0.02,
  interval: { method: "percentile bootstrap over patients", level: 0.95, resamples: 10_000, seed: 1 },
  hospitals: [
    { name: "here", role: "same-schema", images: 518, patients: 500, labels: LABELS },
    { name: "there", role: "other-schema", images: 1, patients: 1, labels: NINE },
  ],
  pairs: [
    {
      home: "here",
      away: "there",
      labels: {
        home: LABELS,
        away: NINE,
        matched: NINE,
        frequent: [],
        prevalences: [{ label: "Edema", prevalence: 0.1 }],
      },
      rows: [
        {
          model: "gr\u001bpo",
          home: measured({ all: 0.5, matched: 0.4, "common-prevalence": 0.3, "balanced-accuracy": 0.7 }),
          away: measured({ all: 0.25 }),
          drop: byMeasure((measure) =>
            measure === "all" ? change(-0.25, -0.5) : { absolute: NOTHING, relative: NOTHING },
          ),
          labelSetEffect: about(-0.1),
        },
      ],
    },
  ],
  contrasts,
  elsewhere: [],
  lineage: ["base", "sft", "gr\u001bpo"],
  choices: [{ model: "gr\u001bpo", k: 6, of: "checkpoints" }],
  notes: ["a note"],
  ...more,
});

it("says of a margin whether it is the declared one", () => {
  expect(marginText({ delta: 0.05, declaredDelta: 0.05 })).toBe("margin 0.05, as declared");
  expect(marginText({ delta: 0.01, declaredDelta: 0.05 })).toBe(
    "margin 0.01, which is not the declared 0.05",
  );
  expect(marginText({ delta: 0.02, declaredDelta: null })).toBe("margin 0.02");
});

describe("renderTransfer", () => {
  it("holds the last model against those from elsewhere, without a verdict", () => {
    const changes = byMeasure(() => ({ home: change(0.04, 0.23), away: change(-0.03, -0.19) }));
    const elsewhere = [{ from: "their\u001bs", to: "grpo", home: "here", away: "there", changes }];
    expect(renderTransfer(transfer([], { elsewhere }), "text")).toMatch(
      /Verdicts on matched macro-F1, margin 0\.02, as declared\n {2}none: the study trains nothing\n\nAgainst models from elsewhere, matched macro-F1 \(no verdict\)\n {2}grpo against their\?s, here and there: home \+0\.040 \[\+0\.03, \+0\.05\], away -0\.030 \[-0\.04, -0\.02\]; over all labels home \+0\.040 \[\+0\.03, \+0\.05\]\n$/,
    );
  });

  it("says what the verdict is on, shows the matrix, and names labels", () => {
    expect(renderTransfer(transfer([contrast("benchmark-only", null)]), "text")).toBe(`Transfer of spec
  scope: two checkpoints, not the recipe: 95 % intervals from 10,000 draws of patients
  home: here (same-schema), 518 images, 500 patients, 14 labels
  away: there (other-schema), 1 image, 1 patient, 9 labels
  gr?po is the best of 6 checkpoints
  a note

Macro-F1, here to there
  model              home, 14            home, same 9        away, 9             drop as printed   drop, matched
  gr?po (best of 6)  0.500 [0.49, 0.51]  0.400 [0.39, 0.41]  0.250 [0.24, 0.26]  -50 % [-51, -49]  –

Free of prevalence, here to there, 1 label
  model              F1 at one prevalence: home  away  drop  balanced accuracy: home  away  drop
  gr?po (best of 6)  0.300 [0.29, 0.31]          –     –     0.700 [0.69, 0.71]       –     –

Verdicts on matched macro-F1, margin 0.02, as declared
  sft -> grpo, here to there: benchmark-only
    home +0.040 [+0.03, +0.05], away -0.030 [-0.04, -0.02] at 98.33 %
    home +23 % [+22, +24] over 2 labels, +23 % [+22, +24] over the 9 matched; away -19 % [-20, -18]
    of the change over all labels at home: Lung Opacity +0.030 (65 %), Edema -0.010 (-20 %)
    of the matched change away: Edema 0.000
`);
  });

  it.each([
    [{ kind: "no interval" }, "inconclusive (printed numbers have no interval)"],
    [{ kind: "too few seeds", seeds: 3, needed: 5 }, "inconclusive (3 seeds, a recipe needs 5)"],
    [
      { kind: "too wide", patients: { home: 1234, away: 980 } },
      "inconclusive (some 1,234 patients at home and 980 away would settle it, if the differences are as seen)",
    ],
    [{ kind: "too wide over seeds", seeds: 5 }, "inconclusive (patients and 5 seeds leave it open)"],
    [
      { kind: "too wide", patients: null },
      "inconclusive (no number of patients would settle it, if the differences are as seen)",
    ],
  ] as const)("says why a verdict is open: %o", (inconclusive, text) => {
    expect(renderTransfer(transfer([contrast("inconclusive", inconclusive)]), "text")).toContain(
      `: ${text}\n`,
    );
  });

  it("says when it speaks of a recipe, and when of printed numbers", () => {
    const recipe = transfer([], { scope: { kind: "recipe", seeds: [1, 2, 3, 4, 5] } });
    expect(renderTransfer(recipe, "text")).toContain(
      "scope: a recipe, 5 seeds: 95 % intervals (t) over seeds and 10,000 draws of patients",
    );
    const printed = transfer([], { scope: { kind: "printed numbers", source: "a paper" } });
    expect(renderTransfer(printed, "text")).toContain(
      "scope: printed numbers: no patients, no intervals, no verdict",
    );
  });

  it("says of a recipe what each training's checkpoints are", () => {
    const scope = { kind: "recipe", seeds: [1, 2] } as const;
    const few = contrast("inconclusive", { kind: "too few seeds", seeds: 2, needed: 5 });
    const trainings = [1, 2].map((seed) => ({ seed, transfer: transfer([contrast("transfers", null)]) }));
    const text = renderTransfer({ ...transfer([few], { scope }), trainings }, "text");
    expect(text).toContain("sft -> grpo, here to there: inconclusive (2 seeds, a recipe needs 5)");
    expect(text.split("Each training alone (scope: two checkpoints)")[1]?.trim().split("\n")).toEqual([
      "seed 1, sft -> grpo, here to there: transfers; home +0.040 [+0.03, +0.05], away -0.030 [-0.04, -0.02] at 98.33 %",
      "  seed 2, sft -> grpo, here to there: transfers; home +0.040 [+0.03, +0.05], away -0.030 [-0.04, -0.02] at 98.33 %",
    ]);
  });

  it("writes markdown", () => {
    const lines = renderTransfer(transfer([contrast("transfers", null)]), "markdown").split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "### Transfer of spec",
      "",
      "- scope: two checkpoints, not the recipe: 95 % intervals from 10,000 draws of patients",
    ]);
    expect(lines).toContain(
      "| model | home, 14 | home, same 9 | away, 9 | drop as printed | drop, matched |",
    );
    expect(lines).toContain("| --- | --- | --- | --- | --- | --- |");
    expect(lines).toContain(
      "| gr?po (best of 6) | 0.500 [0.49, 0.51] | 0.400 [0.39, 0.41] | 0.250 [0.24, 0.26] | -50 % [-51, -49] | – |",
    );
    expect(lines).toContain("- sft -> grpo, here to there: transfers");
  });
});
