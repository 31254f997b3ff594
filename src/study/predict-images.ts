import path from "node:path";
import type { LaunchOptions } from "../engine/launch-engine.ts";
import type { Prediction } from "../evaluation/prediction-file.ts";
import { readRadiographs } from "../evaluation/read-radiographs.ts";
import type { OnProgress } from "../util/progress.ts";
import { UserError } from "../util/user-error.ts";
import { engineHost } from "./engine-host.ts";
import type { Study } from "./load-study.ts";
import { modelAdapter } from "./model-adapter.ts";
import { readRecord } from "./stage-record.ts";
import type { StudyModel } from "./study-model.ts";
import { studyPrompt } from "./study-prompt.ts";

export interface PredictOptions {
  readonly model: StudyModel;
  readonly engine: LaunchOptions;
  readonly onProgress: OnProgress;
}

/**
 * Has one of a study's models read picture files, with the study's own prompt and settings.
 * @throws UserError when the study has not trained that model yet
 */
export async function predictImages(
  study: Study,
  files: readonly string[],
  { model, engine: launch, onProgress }: PredictOptions,
): Promise<Prediction[]> {
  const { config, folder } = study;
  const record = model === "base" ? null : await readRecord(folder, model);
  if (model !== "base" && record === null)
    throw new UserError(
      `${folder} has no ${model} model yet: run \`chexreason ${model} ${study.file}\` first`,
    );
  const adapter = modelAdapter(config, model, () => record?.facts);
  const engines = engineHost(study, launch);
  try {
    const { engine } = await engines.model();
    if (adapter !== null) await engine.newAdapter("reader", { folder: path.join(folder, adapter) }, false);
    const records = files.map((file) => ({
      id: file,
      patient: file,
      site: "given",
      image: path.resolve(file),
    }));
    return await readRadiographs(
      engine,
      records,
      {
        root: path.parse(path.resolve(folder)).root,
        prompt: studyPrompt(config, config.format),
        adapter: adapter === null ? "" : "reader",
        temperature: config.evaluation.temperature,
        maxTokens: config.evaluation.maxTokens,
        seed: config.seed,
      },
      onProgress,
    );
  } finally {
    await engines.close();
  }
}
