import type { Cohort } from "../cohort/cohort.ts";
import { readCohort } from "../cohort/cohort-file.ts";
import { type Comparison, compare } from "../evaluation/compare.ts";
import { type Evaluation, evaluate } from "../evaluation/evaluate.ts";
import { type Prediction, readPredictions } from "../evaluation/prediction-file.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import {
  evaluateLabelScores,
  type LabelScoreEvaluation,
} from "../evaluation/score-metrics/evaluate-label-scores.ts";
import { measureSubgroups, type Subgroups } from "../evaluation/subgroups/measure-subgroups.ts";
import { trivialReaders } from "../evaluation/trivial-readers.ts";
import { matchedLabels } from "../labels/convention.ts";
import { positiveLabels } from "../labels/policy.ts";
import { joinReadings } from "./join-readings.ts";
import { outsideReadings } from "./outside-models-stage.ts";
import type { StageContext } from "./stage.ts";
import { statedBy } from "./stages/data-stage.ts";
import { predictionFile } from "./stages/predict-stage.ts";
import { testSetFile } from "./stages/test-set-stage.ts";
import { studyLabelScores } from "./study-label-scores.ts";
import { studyModels } from "./study-model.ts";
import { studyReaders } from "./study-reader.ts";

/** One reader on one hospital: its answers, and how they were read. */
export interface StudyReading {
  readonly set: ReadingSet;
  readonly predictions: readonly Prediction[];
}

export interface StudyEvaluation {
  /** In the order of readers, hospital by hospital. */
  readonly readings: readonly StudyReading[];
  /** The readers that never look at the picture, hospital by hospital. */
  readonly trivial: readonly ReadingSet[];
  /** The models from elsewhere, hospital by hospital. */
  readonly outside: readonly ReadingSet[];
  readonly testSets: readonly { readonly data: string; readonly cohort: Cohort }[];
  /** Trained models first, then those from elsewhere, then the trivial readers, hospital by hospital. */
  readonly evaluations: readonly Evaluation[];
  /**
   * Each reader against its baseline: a trained model against the one it came from. Then, hospital by hospital too, the
   * study's last model against each model from elsewhere.
   */
  readonly comparisons: readonly Comparison[];
  /** Of each trained model, and of the base model with each prompt, hospital by hospital. */
  readonly subgroups: readonly Subgroups[];
  /** Of each reader whose answers were scored label by label, hospital by hospital. */
  readonly labelScores: readonly LabelScoreEvaluation[];
}

/** Scores all predictions of a study beside readers that never look at the picture. */
export async function evaluateStudy({ study, path }: StageContext): Promise<StudyEvaluation> {
  const { config } = study;
  const readers = studyReaders(config);
  const training = await Promise.all(
    (["sft", "rl"] as const).map((name) => readCohort(path(`cohorts/${name}.jsonl`))),
  );
  const trainingLabels = training.flatMap(({ records }) =>
    records.map(({ labels }) => positiveLabels(labels)),
  );
  const names = Object.keys(config.evaluation.sets);
  const matched = matchedLabels(names.map((name) => statedBy(config, name)));
  const options = { matched, resamples: config.evaluation.resamples, seed: config.seed };

  const testSets: { data: string; cohort: Cohort }[] = [];
  const readings: StudyReading[] = [];
  const evaluations: Evaluation[] = [];
  const comparisons: Comparison[] = [];
  const trivial: ReadingSet[] = [];
  const outside: ReadingSet[] = [];
  const subgroups: Subgroups[] = [];
  const labelScores: LabelScoreEvaluation[] = [];
  for (const data of names) {
    const cohort = await readCohort(path(testSetFile(data)));
    testSets.push({ data, cohort });
    const own: StudyReading[] = [];
    for (const reader of readers) {
      const file = path(predictionFile(reader, data));
      const predictions = await readPredictions(file);
      const set = {
        model: reader.id,
        data,
        stated: statedBy(config, data),
        readings: joinReadings(cohort, predictions, file),
      };
      own.push({ set, predictions });
    }
    readings.push(...own);
    const sets = own.map(({ set }) => set);
    const [first] = sets;
    const blind = first === undefined ? [] : trivialReaders(first, trainingLabels, config.seed);
    trivial.push(...blind);
    const elsewhere = await outsideReadings({ study, path }, data, cohort);
    outside.push(...elsewhere);
    evaluations.push(...[...sets, ...elsewhere, ...blind].map((set) => evaluate(set, options)));
    const records = new Map(cohort.records.map((record) => [record.id, record]));
    subgroups.push(...sets.map((set) => measureSubgroups(set, records, options)));
    const scored = await studyLabelScores({ study, path }, data, cohort);
    labelScores.push(...scored.map((set) => evaluateLabelScores(set, options)));
    for (const { id, baseline } of readers) {
      const [set, other] = [id, baseline].map((name) => sets.find(({ model }) => model === name));
      if (set !== undefined && other !== undefined) comparisons.push(compare(set, other, options));
    }
    // Prompts stand behind the models in the order of readers: the last model is not the last reader.
    const last = sets.find(({ model }) => model === studyModels(config).at(-1)) ?? first;
    if (last !== undefined) comparisons.push(...elsewhere.map((other) => compare(last, other, options)));
  }
  return { readings, trivial, outside, testSets, evaluations, comparisons, subgroups, labelScores };
}
