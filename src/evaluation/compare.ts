import { UserError } from "../util/user-error.ts";
import { estimateTree, type FullEstimate } from "./estimate-tree.ts";
import type { EvaluateOptions } from "./evaluate.ts";
import { failureReasons } from "./packed-readings.ts";
import { type PairedTests, pairedTests } from "./paired/paired-tests.ts";
import { prepare } from "./prepare.ts";
import type { Reading, ReadingSet } from "./reading.ts";
import type { ScoreTree } from "./statistics.ts";

/** Every score of `model` minus that of `baseline` on the same images, ready for JSON. */
export interface Comparison extends Omit<ScoreTree<FullEstimate>, "failureReasons"> {
  readonly schema: "chexreason.comparison/1";
  readonly model: string;
  readonly baseline: string;
  readonly data: string;
  readonly n: number;
  readonly patients: number;
  readonly tests: PairedTests;
}

/**
 * The paired difference of two models read on the same images, with a percentile interval from resampling patients:
 * each draw scores both models on the same patients. Scores with failed answers left out compare each model's own
 * valid answers, which need not be to the same images. Beside the intervals stand paired tests of the main scores.
 */
export function compare(model: ReadingSet, baseline: ReadingSet, options: EvaluateOptions): Comparison {
  checkSameImages(model, baseline);
  const reasons = failureReasons([model, baseline]);
  const own = prepare(model, options.matched, reasons);
  const other = prepare(baseline, options.matched, reasons);
  const { failureRate, views, perLabel } = estimateTree(own, other, [], options);
  return {
    schema: "chexreason.comparison/1",
    model: model.model,
    baseline: baseline.model,
    data: model.data,
    n: own.packed.n,
    patients: own.packed.patients,
    failureRate,
    views,
    perLabel,
    tests: pairedTests(own, other, options),
  };
}

/** What two models' answers, or scores, must have in common to be compared. */
interface OfImages extends Pick<ReadingSet, "model" | "data" | "stated"> {
  readonly readings: readonly Pick<Reading, "id" | "patient" | "truth">[];
}

/** Throws UserError unless both models read the same images of the same hospital, with the same truth. */
export function checkSameImages(model: OfImages, baseline: OfImages): void {
  const where = `${model.model} and ${baseline.model} on ${model.data}`;
  const sorted = (labels: readonly string[]): string => [...labels].sort().join();
  const others = new Map(baseline.readings.map((reading) => [reading.id, reading]));
  if (model.data !== baseline.data || sorted(model.stated) !== sorted(baseline.stated)) {
    throw new UserError(`${where}: a paired comparison needs the same hospital and labels for both`);
  }
  if (others.size !== model.readings.length) {
    throw new UserError(
      `${where}: ${model.readings.length} images against ${others.size}; read the same images by both`,
    );
  }
  for (const { id, patient, truth } of model.readings) {
    const twin = others.get(id);
    if (twin === undefined || twin.patient !== patient || sorted(twin.truth) !== sorted(truth)) {
      throw new UserError(
        `${where}: ${id} is not the same image, patient and truth in both; read it again by both`,
      );
    }
  }
}
