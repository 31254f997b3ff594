import { normalCdf, normalQuantile } from "../../src/evaluation/distributions/normal.ts";
import { brier, calibrationBins, calibrationError } from "../../src/evaluation/score-metrics/calibration.ts";
import { evaluateScores } from "../../src/evaluation/score-metrics/evaluate-scores.ts";
import type { ScoredReading } from "../../src/evaluation/score-metrics/label-scorer.ts";
import { auroc, averagePrecision, rank } from "../../src/evaluation/score-metrics/ranking.ts";
import type { Label } from "../../src/labels/label.ts";
import { randomStream } from "../../src/util/random.ts";
import type { CoverageCounts } from "./coverage-counts.ts";
import { drawReadings, expectedPositives, PATIENTS, readerOf } from "./world.ts";

/**
 * Scores from probabilities: normal ones whose positives lie higher by `DISTANCE`, the probability being where a score
 * lies among the negatives. Such probabilities are badly calibrated, as a model's are.
 */
const DISTANCE = 1.2;
const LABELS: readonly Label[] = ["Pneumothorax", "Edema", "Pleural Effusion"];
const METRICS = {
  auroc: "AUROC",
  auprc: "AUPRC",
  brier: "Brier score",
  calibrationError: "calibration error",
} as const;
type Metric = keyof typeof METRICS;
/** Points that stand for all positives, and as many for all negatives. */
const POINTS = 20_000;

interface Simulation {
  readonly trials: number;
  readonly resamples: number;
  readonly seed: number;
  progress(what: string, trial: number, of: number): void;
}

/** Counts how often the intervals of the four scores hold the true ones, by the group of the label. */
export function simulateScores(
  counts: CoverageCounts,
  groupOf: (label: Label) => string,
  { trials, resamples, seed, progress }: Simulation,
): void {
  const truths = new Map(LABELS.map((label) => [label, trueScores(expectedPositives(label) / PATIENTS)]));
  for (let trial = 0; trial < trials; trial++) {
    progress("scores", trial, trials);
    const random = randomStream(seed, "coverage of scores", trial);
    const [set] = drawReadings(random, [readerOf("one")]);
    const readings = (set?.readings ?? []).map(
      (reading): ScoredReading => ({
        ...reading,
        scores: Object.fromEntries(
          LABELS.map((label) => {
            const score = random.normal(reading.truth.includes(label) ? DISTANCE : 0);
            return [label, { score, probability: normalCdf(score) }];
          }),
        ),
      }),
    );
    const { perLabel } = evaluateScores(readings, LABELS, "as-empty", { resamples, seed: trial, full: true });
    for (const { label, ...scores } of perLabel)
      for (const metric of Object.keys(METRICS) as Metric[]) {
        const of = `${METRICS[metric]} of a label, ${groupOf(label)} positives`;
        const truth = truths.get(label)?.[metric] ?? Number.NaN;
        counts.add(of, "percentile", truth, scores[metric]);
        if (scores[metric].bca !== undefined) counts.add(of, "BCa", truth, scores[metric].bca);
      }
  }
}

/** The scores of endlessly many readings, from evenly spaced quantiles of the positives and of the negatives. */
export function trueScores(prevalence: number): Readonly<Record<Metric, number>> {
  const score = (i: number) => {
    const isPositive = i < POINTS;
    return normalQuantile(((i % POINTS) + 0.5) / POINTS) + (isPositive ? DISTANCE : 0);
  };
  const all = Array.from({ length: 2 * POINTS }, (_, i) => i);
  const truth = Uint8Array.from(all, (i) => (i < POINTS ? 1 : 0));
  const scores = Float64Array.from(all, score);
  const probabilities = scores.map(normalCdf);
  const weights = Float64Array.from(all, (i) => (i < POINTS ? prevalence : 1 - prevalence));
  const ranked = rank(truth, scores);
  return {
    auroc: auroc(ranked, weights),
    auprc: averagePrecision(ranked, weights),
    brier: brier(truth, probabilities, weights),
    calibrationError: calibrationError(truth, probabilities, calibrationBins(probabilities), weights),
  };
}
