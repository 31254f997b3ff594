import path from "node:path";
import type { LaunchOptions } from "../engine/launch-engine.ts";
import type { Prediction } from "../evaluation/prediction-file.ts";
import { readRadiographs } from "../evaluation/read-radiographs.ts";
import type { OnProgress } from "../util/progress.ts";
import { engineHost } from "./engine-host.ts";
import type { Study } from "./load-study.ts";
import { studyPrompt } from "./study-prompt.ts";
import type { TrainedModel } from "./trained-model.ts";

export interface PredictOptions {
  /** As `trainedModel` finds it. */
  readonly model: TrainedModel;
  readonly engine: LaunchOptions;
  readonly onProgress: OnProgress;
}

/** Has one of a study's models read picture files, with the study's own prompt and settings. */
export async function predictImages(
  study: Study,
  files: readonly string[],
  { model: { adapter }, engine: launch, onProgress }: PredictOptions,
): Promise<Prediction[]> {
  const { config, folder } = study;
  const engines = engineHost(study, launch);
  try {
    const { engine } = await engines.model();
    if (adapter !== null) await engine.newAdapter("reader", { folder: adapter }, false);
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
