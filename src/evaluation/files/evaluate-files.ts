import { statedLabels } from "../../labels/convention.ts";
import type { Label } from "../../labels/label.ts";
import { UserError } from "../../util/user-error.ts";
import { compare } from "../compare.ts";
import type { FullEstimate } from "../estimate-tree.ts";
import { type EvaluateOptions, type Evaluation, evaluate } from "../evaluate.ts";
import type { Estimate } from "../interval.ts";
import type { LabelTest } from "../paired/label-tests.ts";
import type { PairedTests } from "../paired/paired-tests.ts";
import { FREQUENT_FROM } from "../prepare.ts";
import { dirichletEstimates } from "../rare-label.ts";
import { evaluateScores, type ScoreEvaluation } from "../score-metrics/evaluate-scores.ts";
import type { SubsetName, View } from "../statistics.ts";
import { alwaysReader, trivialReaders } from "../trivial-readers.ts";
import { chooseLabels } from "./choose-labels.ts";
import { type JoinedFiles, joinFiles, type PatientSource } from "./join-files.ts";
import { type LabelFile, readLabelFile } from "./label-file.ts";

export interface EvaluateFilesOptions {
  readonly predictions: string;
  readonly truth: string;
  /** Predictions to compare with, image by image. */
  readonly against?: string;
  /** A training table, which the prior and the best constant are learned from. */
  readonly training?: string;
  /** See `chooseLabels`. */
  readonly labels: string;
  /** From which probability on a label counts as named; both files of predictions are then probabilities. */
  readonly threshold?: number;
  readonly resamples?: number;
  readonly seed?: number;
}

/** The scores of one label; `f1Interval` by resampling patients, or below 20 positives by Dirichlet. */
export interface LabelResult {
  readonly f1: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly balancedAccuracy: number | null;
  /** Positives in the truth, and how often the predictions name it. */
  readonly support: number;
  readonly predicted: number;
  readonly f1Interval: Pick<Estimate, "low" | "high"> & { readonly method: "percentile" | "dirichlet" };
}

/** The main scores of one reader over one set of labels. */
export interface MainScores {
  readonly macroF1: FullEstimate;
  readonly microF1: FullEstimate;
  readonly jaccard: FullEstimate;
  readonly subsetAccuracy: FullEstimate;
  readonly balancedAccuracy: FullEstimate;
}

/** What one file says, and what was read as 0 in it though it was neither 1 nor 0. */
export interface FileSummary {
  readonly file: string;
  readonly rows: number;
  readonly key: string;
  readonly uncertainAsNegative: number;
  readonly blankAsNegative: number;
}

export interface FileEvaluation extends MainScores {
  readonly schema: "chexreason.evaluate/1";
  readonly predictions: FileSummary;
  readonly truth: FileSummary;
  readonly threshold: number | null;
  readonly labels: readonly Label[];
  /** Labels of the truth that were not scored. */
  readonly labelsLeftOut: readonly Label[];
  readonly n: number;
  readonly patients: number;
  readonly patientsFrom: PatientSource;
  readonly failed: number;
  readonly failures: Evaluation["failures"];
  readonly interval: Evaluation["interval"];
  /** The labels with at least 20 positives; those that NIH ChestX-ray14 states too; and all after upward closure. */
  readonly frequent: MainScores & { readonly labels: readonly Label[] };
  readonly nih: MainScores & { readonly labels: readonly Label[] };
  readonly closed: MainScores;
  readonly perLabel: Readonly<Partial<Record<Label, LabelResult>>>;
  /** Readers that never look at the picture. Without a training table only the one that names every label. */
  readonly trivial: Readonly<Record<string, MainScores>>;
  /** Every view: label subset, closure, failed answers as empty or left out. */
  readonly views: readonly View<FullEstimate>[];
  /** AUROC, AUPRC, Brier and calibration error, where the predictions are probabilities. */
  readonly scores: ScoreEvaluation | null;
  readonly comparison: FileComparison | null;
}

/** A score's paired difference and the two-sided p of the permutation test. */
export interface TestedDifference extends FullEstimate {
  readonly p: number | null;
}

/** `predictions` minus `against`. */
export interface FileComparison {
  readonly against: FileSummary;
  readonly scoresOfAgainst: MainScores;
  readonly macroF1: TestedDifference;
  readonly microF1: TestedDifference;
  readonly frequentMacroF1: TestedDifference;
  readonly method: PairedTests["method"];
  readonly permutations: number;
  readonly labels: readonly LabelTest[];
  readonly views: readonly View<FullEstimate>[];
}

/** Scores a file of predictions, from wherever, against a file of the truth. */
export async function evaluateFiles(options: EvaluateFilesOptions): Promise<FileEvaluation> {
  const { threshold, resamples, seed = 0 } = options;
  if (threshold !== undefined && !(threshold >= 0 && threshold <= 1)) {
    throw new UserError(`--threshold ${threshold}: give a probability between 0 and 1`, 2);
  }
  const reading = threshold === undefined ? {} : { threshold };
  const truth = await readLabelFile(options.truth);
  const predictions = await readLabelFile(options.predictions, reading);
  const other = options.against === undefined ? null : await readLabelFile(options.against, reading);
  const training = options.training === undefined ? null : await readLabelFile(options.training);
  const tables = [predictions, ...(other === null ? [] : [other]), ...(training === null ? [] : [training])];
  const labels = chooseLabels(options.labels, truth, tables);
  const joined = joinFiles(truth, predictions, labels);
  const settings: EvaluateOptions = {
    matched: statedLabels("nih"),
    seed,
    full: true,
    ...(resamples === undefined ? {} : { resamples }),
  };
  const result = evaluate(joined.set, settings);
  const { n, patients, failed, failures, interval, views, subsets } = result;
  const trivial =
    training === null
      ? [alwaysReader(joined.set)]
      : trivialReaders(
          joined.set,
          training.rows.map(({ positive }) => positive ?? []),
          seed,
        );
  return {
    schema: "chexreason.evaluate/1",
    predictions: summaryOf(predictions, labels),
    truth: summaryOf(truth, labels),
    threshold: threshold ?? null,
    labels,
    labelsLeftOut: truth.labels.filter((label) => !labels.includes(label)),
    n,
    patients,
    patientsFrom: joined.patientsFrom,
    failed,
    failures,
    interval,
    ...mainScores(views, "all"),
    frequent: { labels: subsets.frequent, ...mainScores(views, "frequent") },
    nih: { labels: subsets.matched, ...mainScores(views, "matched") },
    closed: mainScores(views, "all", "closed"),
    perLabel: labelResults(result),
    trivial: Object.fromEntries(
      trivial.map((set) => [set.model, mainScores(evaluate(set, settings).views, "all")]),
    ),
    views,
    scores: threshold === undefined ? null : scoresOf(joined, labels, settings),
    comparison:
      other === null ? null : comparisonOf(joined, joinFiles(truth, other, labels), other, settings),
  };
}

function summaryOf({ file, rows, keyColumn, asNegative }: LabelFile, labels: readonly Label[]): FileSummary {
  const count = (of: Readonly<Partial<Record<Label, number>>>) =>
    labels.reduce((sum, label) => sum + (of[label] ?? 0), 0);
  return {
    file,
    rows: rows.length,
    key: keyColumn,
    uncertainAsNegative: count(asNegative.uncertain),
    blankAsNegative: count(asNegative.blank),
  };
}

function viewOf<E>(views: readonly View<E>[], labels: SubsetName, closure: View<E>["closure"]): View<E> {
  const found = views.find((v) => v.labels === labels && v.closure === closure && v.failed === "as-empty");
  if (found === undefined) throw new Error(`evaluateFiles: no view ${labels}, ${closure}`);
  return found;
}

function mainScores(
  views: readonly View<FullEstimate>[],
  labels: SubsetName,
  closure: "raw" | "closed" = "raw",
): MainScores {
  const { macro, micro, jaccard, subsetAccuracy, balancedAccuracy } = viewOf(views, labels, closure);
  return { macroF1: macro.f1, microF1: micro.f1, jaccard, subsetAccuracy, balancedAccuracy };
}

function labelResults(result: Evaluation): Partial<Record<Label, LabelResult>> {
  const { n: readings, patients, interval, counts } = result;
  const table = result.perLabel.find(({ closure, failed }) => closure === "raw" && failed === "as-empty");
  return Object.fromEntries(
    counts.raw.map(({ label, support, predicted, ...confusion }) => {
      const own = table?.labels.find((scores) => scores.label === label);
      if (own === undefined) throw new Error(`evaluateFiles: no scores of ${label}`);
      const rare = support < FREQUENT_FROM;
      const { low, high } = rare
        ? dirichletEstimates(confusion, { patients, readings, level: interval.level }).f1
        : own.f1;
      const scored: LabelResult = {
        f1: own.f1.value,
        precision: own.precision.value,
        recall: own.recall.value,
        balancedAccuracy: own.balancedAccuracy.value,
        support,
        predicted,
        f1Interval: { low, high, method: rare ? "dirichlet" : "percentile" },
      };
      return [label, scored];
    }),
  );
}

function scoresOf(
  { set, rows }: JoinedFiles,
  labels: readonly Label[],
  options: EvaluateOptions,
): ScoreEvaluation {
  const readings = set.readings.map(({ id, patient, truth }, index) => {
    const probabilities = rows[index]?.probabilities;
    const scores =
      probabilities &&
      Object.fromEntries(
        Object.entries(probabilities).map(([label, probability]) => [
          label,
          { score: probability, probability },
        ]),
      );
    return { id, patient, truth, scores: scores ?? null };
  });
  return evaluateScores(readings, labels, "as-empty", options);
}

function comparisonOf(
  { set }: JoinedFiles,
  against: JoinedFiles,
  other: LabelFile,
  options: EvaluateOptions,
): FileComparison {
  const { views, tests } = compare(set, against.set, options);
  const tested = (estimate: FullEstimate, p: number | null): TestedDifference => ({ ...estimate, p });
  const [all, frequent] = [viewOf(views, "all", "raw"), viewOf(views, "frequent", "raw")];
  return {
    against: summaryOf(other, set.stated),
    scoresOfAgainst: mainScores(evaluate(against.set, options).views, "all"),
    macroF1: tested(all.macro.f1, tests.macroF1.all),
    microF1: tested(all.micro.f1, tests.microF1.all),
    frequentMacroF1: tested(frequent.macro.f1, tests.macroF1.frequent),
    method: tests.method,
    permutations: tests.permutations,
    labels: tests.labels,
    views,
  };
}
