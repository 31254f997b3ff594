import type { LaunchOptions } from "../../engine/launch-engine.ts";
import type { TeachingEstimate } from "../../teacher/estimate-teaching.ts";
import type { Study } from "../load-study.ts";
import { recipesOf } from "../recipes.ts";
import { type StudyStatus, studyStatus } from "../study-status.ts";
import { type Calibration, calibrate } from "./calibrate.ts";
import { dataNeeds } from "./data-needs.ts";
import { diskNeed } from "./disk-need.ts";
import { estimateTime, type TimeEstimate } from "./estimate.ts";
import { modelNeeds } from "./model-needs.ts";
import type { Need } from "./need.ts";
import { rankNeeds } from "./rank-needs.ts";
import { studyTeaching, teacherNeeds } from "./teaching.ts";
import { addWorkloads, recipeWorkload, type Workload, workloadOf } from "./workload.ts";

/** What `run --dry-run` says of a study before anything is run. */
export interface Preflight {
  readonly schema: "chexreason.dry-run/1";
  readonly status: StudyStatus;
  readonly needs: readonly Need[];
  readonly workload: Workload;
  /** null where the model cannot be loaded here, or was not asked for. */
  readonly calibration: Calibration | null;
  readonly time: TimeEstimate | null;
  /** null for a teacher that costs nothing. */
  readonly teaching: TeachingEstimate | null;
}

export interface PreflightOptions {
  /** Measure this machine with the model; needs it to be there. */
  readonly calibrates: boolean;
  /** Tokens of an answer; by default a quarter more than the length below which the reward penalises one. */
  readonly answerTokens?: number;
  readonly engine: LaunchOptions;
}

/**
 * Looks at all that a study needs, and how long it would take: of one with variants, the work of them all, at the speed of
 * the model that the study itself names. Runs no stage and asks no network.
 */
export async function preflight(study: Study, options: PreflightOptions): Promise<Preflight> {
  const workload = addWorkloads(recipeWorkloads(study));
  const needs = [
    ...(await dataNeeds(study.config)),
    ...(await modelNeeds(study)),
    ...rankNeeds(study.config.model),
    ...teacherNeeds(study),
    await diskNeed(study.folder, workload, Math.max(1, study.variants.length)),
  ];
  const isLoadable =
    needs.some(({ name, state }) => name === "model" && state === "ready") &&
    !needs.some(({ name, state }) => name === "ranks" && state === "missing");
  const calibration =
    options.calibrates && isLoadable
      ? await calibrate(study, options.answerTokens ?? answerTokens(study), options.engine)
      : null;
  return {
    schema: "chexreason.dry-run/1",
    status: await studyStatus(study),
    needs,
    workload,
    calibration,
    time: calibration === null ? null : estimateTime(workload, calibration),
    teaching: await studyTeaching(taughtStudy(study)),
  };
}

/** Where the traces of a study are made that is one recipe: by its first training, for all. */
function taughtStudy(study: Study): Study {
  const [recipe, ...others] = recipesOf(study);
  return (others.length === 0 ? recipe?.trainings[0]?.study : undefined) ?? study;
}

/** The work of each recipe of the study. */
function recipeWorkloads(study: Study): Workload[] {
  if (study.variants.length === 0) return [workloadOf(study.config)];
  return recipesOf(study).flatMap(({ trainings }) =>
    trainings.slice(0, 1).map(({ study: { config } }) => recipeWorkload(config, trainings.length)),
  );
}

/** Answers, as a multiple of the shortest that is not penalised. */
const LONGER = 1.25;

/** An assumption, printed with the estimate: nobody knows the length of answers before there are any. */
function answerTokens({ config: { grpo, evaluation } }: Study): number {
  const shortest = grpo?.reward.kind === "hard" ? grpo.reward.minLength : evaluation.maxTokens / 2;
  return Math.max(1, Math.min(evaluation.maxTokens, Math.round(LONGER * shortest)));
}
