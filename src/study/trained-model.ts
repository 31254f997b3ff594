import path from "node:path";
import { UserError } from "../util/user-error.ts";
import type { Study } from "./load-study.ts";
import { modelAdapter } from "./model-adapter.ts";
import { readRecord } from "./stage-record.ts";
import { type StudyModel, studyModels } from "./study-model.ts";

const CONFIGURATION = 2;

/** A model that a study has, and where its adapter lies (absolute); null: the base model as it came. */
export interface TrainedModel {
  readonly model: StudyModel;
  readonly adapter: string | null;
}

/**
 * The model that is asked for; without a choice the last that the study has trained, which is the base model where the
 * study trains nothing. A model that was trained with other settings since counts: it is what there is.
 * @throws UserError when the study makes no such model, or has not made it yet
 */
export async function trainedModel(study: Study, asked: StudyModel | undefined): Promise<TrainedModel> {
  const { config, folder, file } = study;
  const models = studyModels(config);
  if (asked !== undefined && !models.includes(asked))
    throw new UserError(
      `${file} makes no ${asked} model: choose by --model among ${models.join(", ")}`,
      CONFIGURATION,
    );
  const trained = models.filter((model) => model !== "base");
  const candidates = asked === undefined ? trained.reverse() : [asked];
  for (const model of candidates) {
    if (model === "base") return { model, adapter: null };
    const record = await readRecord(folder, model);
    if (record === null) continue;
    const adapter = modelAdapter(config, model, () => record.facts);
    if (adapter !== null) return { model, adapter: path.join(folder, adapter) };
  }
  const [last] = candidates;
  if (last === undefined) return { model: "base", adapter: null };
  throw new UserError(
    asked === undefined
      ? `${folder} has no trained model yet: run \`chexreason ${last} ${file}\` first, or give --model base`
      : `${folder} has no ${asked} model yet: run \`chexreason ${asked} ${file}\` first`,
  );
}
