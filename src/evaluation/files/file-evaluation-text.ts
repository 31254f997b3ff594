import type { FullEstimate } from "../estimate-tree.ts";
import type { FileComparison, FileEvaluation, FileSummary, MainScores } from "./evaluate-files.ts";

/** A file's evaluation as text for a terminal: what was read, the scores, each label, the comparison. */
export function fileEvaluationText(result: FileEvaluation): string {
  const { predictions, truth, labels, n, patients, patientsFrom, failed, interval } = result;
  const lines = [
    ...[predictions, truth].map(fileLine),
    `${n} images of ${patients} patients (from ${patientsFrom}), ${labels.length} labels, ${failed} failed answers`,
    ...(result.labelsLeftOut.length === 0 ? [] : [`not scored: ${result.labelsLeftOut.join(", ")}`]),
    `${100 * interval.level} % intervals: ${interval.method}, ${interval.resamples} resamples`,
    "",
    row("", "macro-F1", "micro-F1", "balanced accuracy"),
    scoresLine("predictions", result),
    ...Object.entries(result.trivial).map(([name, scores]) => scoresLine(`reader "${name}"`, scores)),
    scoresLine(`20+ positives (${result.frequent.labels.length} labels)`, result.frequent),
    scoresLine(`NIH's labels (${result.nih.labels.length})`, result.nih),
    scoresLine("closed upward", result.closed),
    "",
    row("label", "F1", "precision", "recall", "support"),
    ...Object.entries(result.perLabel).map(([label, scores]) => {
      const { f1, f1Interval, precision, recall, support } = scores;
      const rare = f1Interval.method === "dirichlet" ? ` (${f1Interval.method})` : "";
      return row(
        label,
        estimateText({ value: f1, ...f1Interval }) + rare,
        number(precision),
        number(recall),
        `${support}`,
      );
    }),
    ...(result.comparison === null ? [] : comparisonLines(result.comparison)),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function fileLine({ file, rows, uncertainAsNegative, blankAsNegative }: FileSummary): string {
  const read = uncertainAsNegative + blankAsNegative;
  const negative =
    read === 0 ? "" : `; read as 0: ${uncertainAsNegative} uncertain and ${blankAsNegative} blank cells`;
  return `${file}: ${rows} rows${negative}`;
}

function comparisonLines(comparison: FileComparison): string[] {
  const difference = (name: string, { p, ...estimate }: FileComparison["macroF1"]): string =>
    row(name, estimateText(estimate), `p = ${number(p, 4)}`);
  return [
    "",
    `minus ${fileLine(comparison.against)}`,
    scoresLine("against", comparison.scoresOfAgainst),
    difference("macro-F1", comparison.macroF1),
    difference("micro-F1", comparison.microF1),
    difference("macro-F1, 20+ positives", comparison.frequentMacroF1),
    `p: ${comparison.method}, ${comparison.permutations} permutations; labels corrected after Holm`,
    ...comparison.labels.map((test) =>
      row(
        test.label,
        number(test.difference),
        test.outcome === "tested"
          ? `p = ${number(test.p, 4)}, Holm ${number(test.holm, 4)}`
          : `${test.support} positives: not tested`,
      ),
    ),
  ];
}

function scoresLine(name: string, { macroF1, microF1, balancedAccuracy }: MainScores): string {
  return row(name, estimateText(macroF1), estimateText(microF1), estimateText(balancedAccuracy));
}

/** Columns wide enough for "0.579 [0.530, 0.617]"; the first for a label's name. */
const [FIRST, NEXT] = [28, 34] as const;

function row(first: string, ...rest: readonly string[]): string {
  return `${first.padEnd(FIRST)}  ${rest.map((text, at) => text.padEnd(at === 0 ? NEXT : NEXT - 8)).join("")}`;
}

function estimateText({ value, low, high }: Pick<FullEstimate, "value" | "low" | "high">): string {
  return value === null ? "not defined" : `${number(value)} [${number(low)}, ${number(high)}]`;
}

function number(value: number | null, digits = 3): string {
  return value === null ? "none" : value.toFixed(digits);
}
