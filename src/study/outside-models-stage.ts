import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Cohort } from "../cohort/cohort.ts";
import { readCohort } from "../cohort/cohort-file.ts";
import type { Engine } from "../engine/engine.ts";
import { type Prediction, readPredictions, writePredictions } from "../evaluation/prediction-file.ts";
import { readRadiographs } from "../evaluation/read-radiographs.ts";
import type { ReadingSet } from "../evaluation/reading.ts";
import { countText } from "../util/count-text.ts";
import { UserError } from "../util/user-error.ts";
import { joinReadings } from "./join-readings.ts";
import { contaminationsOf, outsideData } from "./outside-models.ts";
import { readByCalling } from "./outside-models-called.ts";
import { outsidePredictions } from "./outside-models-files.ts";
import type { OutsideConfig, OutsideLoaded } from "./schema/outside.ts";
import type { StudyConfig } from "./schema/study.ts";
import type { Stage, StageContext } from "./stage.ts";
import { statedBy } from "./stages/data-stage.ts";
import { predictionFile } from "./stages/predict-stage.ts";
import { radiographRoot } from "./stages/radiograph-root.ts";
import { refuseUnchecked } from "./stages/refuse-missing.ts";
import { testSetFile } from "./stages/test-set-stage.ts";
import { studyPath } from "./study-path.ts";
import { studyPrompt } from "./study-prompt.ts";

const READER = "outside";

/** For each model from elsewhere one stage that takes down its files, then one for each hospital that it reads. */
export function outsideStages(config: StudyConfig): Stage[] {
  return config.evaluation.outside.flatMap((outside) => [
    sourceStage(outside),
    ...outsideData(config, outside).map((data) => readingStage(config, outside, data)),
  ]);
}

/** The readings of the models from elsewhere on a hospital, in the order of the study file. */
export async function outsideReadings(
  { study: { config }, path: at }: Pick<StageContext, "study" | "path">,
  data: string,
  cohort: Cohort,
): Promise<ReadingSet[]> {
  const here = config.evaluation.outside.filter((outside) => outsideData(config, outside).includes(data));
  return Promise.all(
    here.map(async ({ name }) => {
      const file = at(predictionFile({ file: name }, data));
      const readings = joinReadings(cohort, await readPredictions(file), file);
      return { model: name, data, stated: statedBy(config, data), readings };
    }),
  );
}

const sourceName = ({ name }: OutsideConfig): string => `outside ${name}`;

/** The files that a model, an adapter or its predictions consist of: what is read again when they change. */
function sourceStage(outside: OutsideConfig): Stage {
  return {
    name: sourceName(outside),
    needs: [],
    config: outside,
    async run({ study }) {
      const beside = (file: string): string => path.resolve(path.dirname(study.file), file);
      const found = await filesOf(outside, beside);
      const missing = found.find((file) => !existsSync(file));
      if (missing !== undefined)
        throw new UserError(`evaluation.outside.${outside.name}: there is no ${missing}`, 2);
      const files = found.map((file) => studyPath({ study }, file)).sort();
      return { files, summary: `${outside.kind}, ${countText(files.length, "file")}`, facts: {} };
    },
  };
}

async function filesOf(outside: OutsideConfig, beside: (file: string) => string): Promise<string[]> {
  switch (outside.kind) {
    case "predictions":
      return Object.values(outside.files).map(beside);
    case "openai-compatible":
      return [];
    case "adapter": {
      const base = outside.base === undefined ? [] : await folderFiles(beside(outside.base.source));
      return [
        path.join(beside(outside.source), "adapter_config.json"),
        ...(await folderFiles(beside(outside.source))),
        ...base,
      ].filter((file, index, all) => all.indexOf(file) === index);
    }
    case "model":
      return folderFiles(beside(outside.source));
  }
}

/** The files of a folder; none where it is none (a hub id). */
async function folderFiles(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".md") && !entry.name.startsWith("."))
    .map(({ name }) => path.join(folder, name));
}

function readingStage(config: StudyConfig, outside: OutsideConfig, data: string): Stage {
  const { temperature, maxTokens } = config.evaluation;
  const prompt = outside.kind === "predictions" ? null : studyPrompt(config, outside.prompt ?? config.format);
  const usesOwn = outside.kind === "adapter" && outside.base === undefined;
  return {
    name: `predict ${outside.name}@${data}`,
    needs: [sourceName(outside), `test-set ${data}`, `data ${data}`, ...(usesOwn ? ["model"] : [])],
    config: {
      outside,
      prompt: prompt?.hash,
      seed: config.seed,
      ...(prompt === null ? {} : { temperature, maxTokens }),
    },
    async run(context) {
      if (prompt !== null) refuseUnchecked(config);
      const cohort = await readCohort(context.path(testSetFile(data)));
      const { predictions, note } = await answersOf(context, outside, data, cohort);
      const file = predictionFile({ file: outside.name }, data);
      await writePredictions(context.path(file), predictions);
      const failed = predictions.filter(({ failure }) => failure !== null).length;
      const contaminations = contaminationsOf(config, outside, data);
      const said = [
        `${predictions.length} readings, ${failed} could not be read`,
        ...note,
        ...contaminations,
      ];
      return {
        files: [file],
        summary: said.join("; "),
        facts: { n: predictions.length, failed, contaminations },
      };
    },
  };
}

interface Answers {
  readonly predictions: readonly Prediction[];
  /** What is worth saying of how they came about. */
  readonly note: readonly string[];
}

async function answersOf(
  context: StageContext,
  outside: OutsideConfig,
  data: string,
  cohort: Cohort,
): Promise<Answers> {
  const { study, onProgress } = context;
  const { config } = study;
  const { temperature } = config.evaluation;
  switch (outside.kind) {
    case "predictions": {
      const file = path.resolve(path.dirname(study.file), outside.files[data] ?? "");
      const { predictions, besides } = await outsidePredictions(
        file,
        outside,
        cohort,
        statedBy(config, data),
      );
      return { predictions, note: besides === 0 ? [] : [`${countText(besides, "row")} about other images`] };
    }
    case "openai-compatible": {
      const { predictions, version } = await readByCalling(outside, cohort.records, {
        prompt: studyPrompt(config, outside.prompt ?? config.format),
        root: radiographRoot(context, data),
        journal: context.path(`predictions/${outside.name}@${data}.journal.jsonl`),
        maxTokens: outside.maxTokens ?? config.evaluation.maxTokens,
        temperature,
        seed: config.seed,
        onProgress,
      });
      return { predictions, note: version === null ? [] : [`version ${version}`] };
    }
    default: {
      const { engine, close } = await openEngine(context, outside);
      try {
        return { predictions: await readByEngine(context, outside, data, cohort, engine), note: [] };
      } finally {
        await close();
      }
    }
  }
}

/** The study's engine for an adapter on its model; one of its own for every other model. */
async function openEngine(
  { study, engines }: StageContext,
  outside: OutsideLoaded,
): Promise<{ readonly engine: Engine; close(): Promise<void> }> {
  const { model } = study.config;
  const { revision: _own, ...settings } = model;
  const source = outside.kind === "model" ? outside : outside.base;
  if (source === undefined) return { engine: (await engines.model()).engine, close: async () => undefined };
  const other = {
    ...settings,
    source: source.source,
    ...(source.revision === undefined ? {} : { revision: source.revision }),
    ...(outside.kind === "model"
      ? {
          dtype: outside.dtype,
          minVisualTokens: outside.minVisualTokens ?? model.minVisualTokens,
          maxVisualTokens: outside.maxVisualTokens ?? model.maxVisualTokens,
        }
      : {}),
  };
  const folder = path.resolve(path.dirname(study.file), source.source);
  if (source.revision === undefined && !existsSync(folder))
    throw new UserError(
      `evaluation.outside.${outside.name}: ${source.source} is no folder (looked at ${folder}): correct it, or for a hub id give the revision as well`,
      2,
    );
  return await engines.another(other);
}

async function readByEngine(
  context: StageContext,
  outside: OutsideLoaded,
  data: string,
  cohort: Cohort,
  engine: Engine,
): Promise<Prediction[]> {
  const { study, onProgress } = context;
  const { config } = study;
  const adapter = outside.kind === "adapter" ? READER : "";
  if (outside.kind === "adapter") {
    const folder = path.resolve(path.dirname(study.file), outside.source);
    await engine.newAdapter(adapter, { folder }, false);
  }
  try {
    return await readRadiographs(
      engine,
      cohort.records,
      {
        root: radiographRoot(context, data),
        prompt: studyPrompt(config, outside.prompt ?? config.format),
        adapter,
        dialect: outside.dialect,
        temperature: config.evaluation.temperature,
        maxTokens: outside.maxTokens ?? config.evaluation.maxTokens,
        seed: config.seed,
      },
      onProgress,
    );
  } finally {
    if (outside.kind === "adapter") await engine.free({ adapter });
  }
}
