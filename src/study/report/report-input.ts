import { readFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { PACKAGE_ROOT } from "../../engine/python-environment.ts";
import type { RowRemarks } from "../../evaluation/results-table.ts";
import type { ReportHospital, ReportInput, ReportModel } from "../../report/report-input.ts";
import { changedSettings } from "../changed-settings.ts";
import type { StudyEvaluation } from "../evaluate-study.ts";
import { outsideModels } from "../outside-models.ts";
import { grpoFactsSchema, sftFactsSchema } from "../schema/facts.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { GrpoConfig } from "../schema/training.ts";
import type { StageContext } from "../stage.ts";
import { statedBy } from "../stages/data-stage.ts";
import { studyPrompt } from "../study-prompt.ts";
import { studyReaders } from "../study-reader.ts";
import { reportCohorts } from "./report-cohorts.ts";
import { reportTransfer } from "./report-transfer.ts";
import { reviewNote } from "./review-note.ts";
import { sampleReadings } from "./sample-readings.ts";
import { grpoCurves, sftCurves } from "./training-curves.ts";

/** Gathers what the report shows from what the stages left. */
export async function reportInput(
  context: StageContext,
  study: StudyEvaluation,
  stages: readonly string[],
  remarks: (model: string, data: string) => RowRemarks,
): Promise<ReportInput> {
  const { config } = context.study;
  const sft = config.sft === null ? null : sftFactsSchema.parse(context.result("sft").facts);
  const grpo = config.grpo === null ? null : grpoFactsSchema.parse(context.result("grpo").facts);
  const curves = grpo === null ? null : await grpoCurves(context.path(grpo.folder, "metrics.jsonl"));
  return {
    study: {
      name: config.name,
      description: config.title ?? "",
      version: await ownVersion(),
      seed: config.seed,
    },
    models: reportModels(config),
    hospitals: Object.keys(config.evaluation.sets).map((data) => reportHospital(config, data)),
    evaluations: study.evaluations,
    contaminations: study.evaluations.flatMap(({ model, data }) => {
      const { contaminations: texts } = remarks(model, data);
      return texts.length === 0 ? [] : [{ model, data, texts }];
    }),
    bestOf: [...new Set(study.evaluations.map(({ model }) => model))].flatMap((model) => {
      const { bestOf } = remarks(model, "");
      return bestOf === null ? [] : [{ model, bestOf }];
    }),
    comparisons: study.comparisons,
    transfer: await reportTransfer(context, study),
    subgroups: study.subgroups,
    labelScores: study.labelScores,
    sft: sft === null ? null : await sftCurves(context.path(sft.folder, "metrics.jsonl"), sft.bestStep),
    grpo: curves?.points ?? null,
    grpoRun:
      config.grpo === null || grpo === null || curves === null
        ? null
        : {
            reward: rewardName(config.grpo),
            evaluated: config.grpo.evaluate,
            bestRollout: grpo.bestRollout,
            validations: curves.validations,
            collapses: curves.collapses,
          },
    samples: await sampleReadings(context, study),
    cohorts: await reportCohorts(context, study.testSets),
    scaled: changedSettings(config),
    notVerified: [...config.notes, ...(sft === null ? [] : [reviewNote(sft.reviews)])],
    stages: stages.map((name) => {
      const { hash, summary } = context.result(name);
      return { name, hash, note: summary };
    }),
    // Where the study lies is no part of what it computes, nor are the studies beside it.
    config: stringify({ ...config, folder: undefined, variants: undefined }),
  };
}

function reportModels(config: StudyConfig): ReportModel[] {
  const trained = {
    base: { name: "Base", description: `${config.model.source}, as it came` },
    sft: { name: "SFT", description: "fine-tuned on the teacher's traces" },
    grpo: { name: "GRPO", description: "then reinforced by the training hospital's labels" },
  };
  const trivial = {
    always: { name: "Always positive", description: "names every label" },
    prior: { name: "Prior", description: "draws each label at its share in the training sets" },
    constant: {
      name: "Best constant",
      description: "gives every image the one label set that fits the training sets best",
    },
  };
  return [
    ...studyReaders(config).map(({ id, model, prompt }): ReportModel => {
      const { title, version, cue } = studyPrompt(config, prompt);
      const { name, description } = trained[model];
      const asked =
        id === model
          ? { name, description }
          : {
              name: `${name}, ${title}`,
              description: `${description}, asked by ${prompt}@${version}: ${cue}`,
            };
      return { id, ...asked, kind: "trained", step: model, prompt: title };
    }),
    ...outsideModels(config).map(
      ({ id, description }): ReportModel => ({
        id,
        name: id,
        description: `a model from elsewhere: ${description}`,
        kind: "outside",
        step: null,
        prompt: null,
      }),
    ),
    ...Object.entries(trivial).map(
      ([id, model]): ReportModel => ({ id, ...model, kind: "trivial", step: null, prompt: null }),
    ),
  ];
}

/** "hard", "nuanced, truth permuted (a control)", "file rewards/mine.ts". */
function rewardName({ reward, control }: GrpoConfig): string {
  const name = reward.kind === "file" ? `file ${reward.path}` : reward.kind;
  return control === "none" ? name : `${name}, control: ${control}`;
}

function reportHospital(config: StudyConfig, data: string): ReportHospital {
  const stated = statedBy(config, data).length;
  const isHome = data === config.cohort.source;
  const role = isHome
    ? "The training hospital, patients in no training set"
    : "Another hospital, never trained on";
  return { id: data, name: data, description: `${role}; states ${stated} of 14 labels.` };
}

async function ownVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(PACKAGE_ROOT, "package.json"), "utf8"));
  return z.looseObject({ version: z.string() }).parse(manifest).version;
}
