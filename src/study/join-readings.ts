import type { Cohort } from "../cohort/cohort.ts";
import type { Prediction } from "../evaluation/prediction-file.ts";
import { type Reading, readingOf } from "../evaluation/reading.ts";
import { positiveLabels } from "../labels/policy.ts";
import { UserError } from "../util/user-error.ts";

/**
 * Every image of the test set with what the model said of it.
 * @param file where the predictions come from, for errors
 */
export function joinReadings(cohort: Cohort, predictions: readonly Prediction[], file: string): Reading[] {
  const byId = new Map(predictions.map((prediction) => [prediction.id, prediction]));
  if (byId.size !== cohort.records.length || predictions.length !== cohort.records.length)
    throw new UserError(
      `${file}: ${predictions.length} readings for ${cohort.records.length} images of ${cohort.name}; delete it and run again`,
    );
  return cohort.records.map(({ id, labels }) => {
    const prediction = byId.get(id);
    if (prediction === undefined)
      throw new UserError(`${file}: no reading of ${id}, which ${cohort.name} has; delete it and run again`);
    return readingOf(prediction, positiveLabels(labels));
  });
}
