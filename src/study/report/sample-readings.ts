import path from "node:path";
import { decodeImage } from "../../images/decode.ts";
import { positiveLabels } from "../../labels/policy.ts";
import { chooseSamples } from "../../report/choose-samples.ts";
import type { SampleReading } from "../../report/report-input.ts";
import { thumbnail } from "../../report/thumbnail.ts";
import type { StudyEvaluation } from "../evaluate-study.ts";
import type { StageContext } from "../stage.ts";
import { radiographRoot } from "../stages/radiograph-root.ts";
import { studyReaders } from "../study-reader.ts";
import { answerReward } from "./answer-reward.ts";

/** Readings shown of each hospital. */
const SAMPLES_A_HOSPITAL = 8;

/** Images worth looking at, with their picture and what each model wrote, from every hospital. */
export async function sampleReadings(
  context: StageContext,
  study: StudyEvaluation,
): Promise<SampleReading[]> {
  const samples: SampleReading[] = [];
  const readers = studyReaders(context.study.config);
  const rewardOf = await answerReward(context.study);
  for (const { data, cohort } of study.testSets) {
    const own = study.readings.filter(({ set }) => set.data === data);
    // The two last models: what the last training step changed.
    const [before, after] = own.slice(-2);
    if (before === undefined || after === undefined) continue;
    const chosen = chooseSamples(before.set, after.set, SAMPLES_A_HOSPITAL, context.study.config.seed);
    for (const { id, reason } of chosen) {
      const record = cohort.records.find((candidate) => candidate.id === id);
      if (record === undefined) throw new Error(`sampleReadings: ${id} is not in ${cohort.name}`);
      const truth = positiveLabels(record.labels);
      samples.push({
        id,
        patient: record.patient,
        data,
        truth,
        picture: await thumbnail(await decodeImage(path.join(radiographRoot(context, data), record.image))),
        reason,
        answers: own.flatMap(({ set, predictions }) => {
          const reader = readers.find((candidate) => candidate.id === set.model);
          return predictions
            .filter((prediction) => prediction.id === id)
            .map((prediction) => ({
              model: set.model,
              text: prediction.text,
              predicted: prediction.labels,
              failure: prediction.failure,
              reward: reader === undefined ? [] : rewardOf(reader, prediction, truth),
            }));
        }),
      });
    }
  }
  return samples;
}
