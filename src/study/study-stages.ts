import { outsideStages } from "./outside-models-stage.ts";
import type { StudyConfig } from "./schema/study.ts";
import type { Stage } from "./stage.ts";
import { chooseSetStage } from "./stages/choose-set-stage.ts";
import { cohortStage } from "./stages/cohort-stage.ts";
import { dataStage } from "./stages/data-stage.ts";
import { grpoStage } from "./stages/grpo-stage.ts";
import { labelScoresStage, scoredReaders } from "./stages/label-scores-stage.ts";
import { modelStage } from "./stages/model-stage.ts";
import { predictStage } from "./stages/predict-stage.ts";
import { reportStage } from "./stages/report-stage.ts";
import { rewardStage } from "./stages/reward-stage.ts";
import { sftStage } from "./stages/sft-stage.ts";
import { teachStage } from "./stages/teach-stage.ts";
import { testSetStage } from "./stages/test-set-stage.ts";
import { studyReaders } from "./study-reader.ts";

/** The whole line: hospital files, cohorts, traces, SFT, GRPO, predictions, results, report. */
export function studyStages(config: StudyConfig): Stage[] {
  const testSets = Object.keys(config.evaluation.sets);
  const stages = [
    modelStage(config),
    ...(config.grpo?.reward.kind === "file" ? [rewardStage(config.grpo.reward)] : []),
    ...Object.keys(config.data).map((name) => dataStage(config, name)),
    cohortStage(config),
    ...testSets.map((name) => testSetStage(config, name)),
    ...Object.entries(config.grpo?.validateOn ?? {}).map(([name, { n }]) => chooseSetStage(config, name, n)),
    ...(config.sft === null ? [] : [teachStage(config), sftStage(config, config.sft)]),
    ...(config.grpo === null ? [] : [grpoStage(config, config.grpo)]),
    ...studyReaders(config).flatMap((reader) => testSets.map((data) => predictStage(config, reader, data))),
    ...scoredReaders(config).flatMap((reader) =>
      testSets.map((data) => labelScoresStage(config, reader, data)),
    ),
    ...outsideStages(config),
  ];
  return [
    ...stages,
    reportStage(
      config,
      stages.map(({ name }) => name),
    ),
  ];
}
