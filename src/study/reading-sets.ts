import path from "node:path";
import type { Cohort } from "../cohort/cohort.ts";
import { readCohort } from "../cohort/cohort-file.ts";
import { readPredictions } from "../evaluation/prediction-file.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { joinReadings } from "./join-readings.ts";
import type { Study } from "./load-study.ts";
import { statedBy } from "./stages/data-stage.ts";
import { predictionFile } from "./stages/predict-stage.ts";
import { testSetFile } from "./stages/test-set-stage.ts";
import type { StudyReader } from "./study-reader.ts";

/** The test set of a hospital. */
export function testSet({ folder }: Study, data: string): Promise<Cohort> {
  return readCohort(path.join(folder, testSetFile(data)));
}

/** What a reader of a finished study said of a test set, beside the truth. */
export async function readingSet(
  study: Study,
  reader: Pick<StudyReader, "id" | "file">,
  cohort: Cohort,
  data: string,
): Promise<ReadingSet> {
  const file = path.join(study.folder, predictionFile(reader, data));
  const readings = joinReadings(cohort, await readPredictions(file), file);
  return { model: reader.id, data, stated: statedBy(study.config, data), readings };
}
