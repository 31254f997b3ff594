import { LABELS, type Label } from "../../labels/label.ts";
import { f1 } from "../scores.ts";
import { confusionOf } from "../statistics.ts";
import type { ClosureName, TallyLayout } from "../tally.ts";
import { balancedAccuracy, f1AtPrevalence, type LabelRates, labelRates } from "./label-rates.ts";

/**
 * The ways in which one reader at one hospital is summed up, each a mean over labels; failed answers count as empty.
 *
 * - `all`: F1 over every label that this hospital states, as the paper compares hospitals.
 * - `matched`: F1 over the labels that home and away both state. Verdicts rest on it.
 * - `matched-closed`: the same after upward closure of truth and answer.
 * - `matched-frequent`: over the matched labels that have at least 20 positives in both test sets.
 * - `common-prevalence`: F1 that the reader's sensitivities and specificities give at one prevalence a label, the mean of
 *   home's and away's.
 * - `balanced-accuracy`: mean of sensitivity and specificity.
 *
 * The last two leave out labels that have no positive (or no negative) in either test set, and, in a draw, labels that
 * the draw has none of.
 */
export const MEASURES = [
  "all",
  "matched",
  "matched-closed",
  "matched-frequent",
  "common-prevalence",
  "balanced-accuracy",
] as const;
export type Measure = (typeof MEASURES)[number];

/** What verdicts rest on. */
export const VERDICT_MEASURE = "matched" satisfies Measure;

/** One value for each measure. */
export type PerMeasure<E> = Readonly<Record<Measure, E>>;

/** A value for each measure. */
export function byMeasure<E>(of: (measure: Measure) => E): PerMeasure<E> {
  return Object.fromEntries(MEASURES.map((measure) => [measure, of(measure)])) as Record<Measure, E>;
}

/** The labels that the measures of a home and an away hospital go over. */
export interface MeasuredLabels {
  /** What this hospital states. */
  readonly all: readonly Label[];
  readonly matched: readonly Label[];
  readonly frequent: readonly Label[];
  /** Matched labels with a positive and a negative in both test sets, and the prevalence to put them at. */
  readonly prevalences: readonly { readonly label: Label; readonly prevalence: number }[];
}

/** A measure as a function of a row of summed counts; NaN where it has no label. */
export type CountStatistic = (sums: Float64Array) => number;

/** The measures, given where the counts lie in a row. */
export function measureStatistics(layout: TallyLayout, labels: MeasuredLabels): PerMeasure<CountStatistic> {
  const macroF1 = (of: readonly Label[], closure: ClosureName): CountStatistic => {
    const positions = of.map((label) => LABELS.indexOf(label));
    const columns = layout.closures[closure];
    return (sums) => {
      let total = 0;
      for (const position of positions) total += f1(confusionOf(sums, columns, "as-empty", position));
      return total / positions.length;
    };
  };
  const ratesOf = (sums: Float64Array, label: Label): LabelRates | null =>
    labelRates({
      ...confusionOf(sums, layout.closures.raw, "as-empty", LABELS.indexOf(label)),
      n: sums[layout.n] as number,
    });
  const overRates =
    (score: (rates: LabelRates, prevalence: number) => number): CountStatistic =>
    (sums) => {
      let [total, count] = [0, 0];
      for (const { label, prevalence } of labels.prevalences) {
        const rates = ratesOf(sums, label);
        if (rates === null) continue;
        total += score(rates, prevalence);
        count += 1;
      }
      return total / count;
    };
  return {
    all: macroF1(labels.all, "raw"),
    matched: macroF1(labels.matched, "raw"),
    "matched-closed": macroF1(labels.matched, "closed"),
    "matched-frequent": macroF1(labels.frequent, "raw"),
    "common-prevalence": overRates(f1AtPrevalence),
    "balanced-accuracy": overRates(balancedAccuracy),
  };
}
