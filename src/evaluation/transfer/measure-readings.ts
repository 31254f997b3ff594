import { LABELS, type Label } from "../../labels/label.ts";
import { hashBytes } from "../../util/files.ts";
import { seed64 } from "../../util/random.ts";
import { prepare } from "../prepare.ts";
import type { ReadingSet } from "../reading.ts";
import { resample } from "../resample.ts";
import { f1 } from "../scores.ts";
import { confusionOf } from "../statistics.ts";
import { totals } from "../tally.ts";
import { byMeasure, MEASURES, type MeasuredLabels, measureStatistics, type PerMeasure } from "./measures.ts";
import type { Quantity } from "./quantity.ts";

/** One model at one hospital. */
export interface MeasuredModel {
  readonly measures: PerMeasure<Quantity>;
  /** F1 of every label that the hospital states. */
  readonly labels: ReadonlyMap<Label, number>;
  readonly patients: number;
}

/**
 * Measures several models on one hospital. Draw b is of the same patients for all of them, and also in another run that
 * read the same patients; draws at two hospitals are independent of each other.
 * @param sets one set a model, all of the same images
 */
export function measureReadings(
  sets: readonly ReadingSet[],
  labels: MeasuredLabels,
  options: { readonly resamples: number; readonly seed: number },
): Map<string, MeasuredModel> {
  const models = sets.map((set) => {
    const { tally } = prepare(set, labels.matched);
    const statistics = measureStatistics(tally.layout, labels);
    return {
      set,
      tally,
      statistics,
      replicates: byMeasure(() => new Float64Array(options.resamples)),
    };
  });
  resample(
    models.map(({ tally }) => tally),
    { resamples: options.resamples, seed: drawSeed(sets[0], options.seed) },
    (sums, draw) => {
      models.forEach(({ statistics, replicates }, index) => {
        for (const measure of MEASURES)
          replicates[measure][draw] = statistics[measure](sums[index] as Float64Array);
      });
    },
  );
  return new Map(
    models.map(({ set, tally, statistics, replicates }) => {
      const sample = totals(tally);
      const labelF1 = (label: Label): number =>
        f1(confusionOf(sample, tally.layout.closures.raw, "as-empty", LABELS.indexOf(label)));
      return [
        set.model,
        {
          measures: byMeasure((measure) => ({
            value: statistics[measure](sample),
            replicates: replicates[measure],
          })),
          labels: new Map(labels.all.map((label) => [label, labelF1(label)])),
          patients: tally.patients,
        },
      ] as const;
    }),
  );
}

/** The seed of a hospital's draws: another hospital, or other patients of it, are drawn independently. */
function drawSeed(set: ReadingSet | undefined, seed: number): number {
  const patients = [...new Set(set?.readings.map(({ patient }) => patient))].sort();
  const named = seed64(seed, "transfer", set?.data ?? "", hashBytes(JSON.stringify(patients)));
  return Number(BigInt.asUintN(53, named));
}
