import { cp, readdir } from "node:fs/promises";
import path from "node:path";
import type { Engine } from "../../engine/engine.ts";
import type { LaunchOptions } from "../../engine/launch-engine.ts";
import type { RemarkedRow } from "../../evaluation/results-table.ts";
import { promptMessages } from "../../prompts/chat-message.ts";
import { writeFileAtomic } from "../../util/files.ts";
import { UserError } from "../../util/user-error.ts";
import { engineHost } from "../engine-host.ts";
import type { Study } from "../load-study.ts";
import { drawnPictures } from "../preflight/drawn-pictures.ts";
import { readResults } from "../read-results.ts";
import { readRecord, type StageRecord } from "../stage-record.ts";
import { RESULTS_FILE } from "../stages/report-stage.ts";
import type { StudyModel } from "../study-model.ts";
import { studyPrompt } from "../study-prompt.ts";
import { trainedModel } from "../trained-model.ts";
import { type MergeDifference, modelCard } from "./model-card.ts";

export interface ExportOptions {
  /** Default: the last that the study has trained. */
  readonly model?: Exclude<StudyModel, "base"> | undefined;
  /** A new or empty folder. */
  readonly out: string;
  /** null: the adapter in PEFT's layout. Otherwise a whole model with the adapter merged in, stored so. */
  readonly merged: "float32" | "bfloat16" | null;
  readonly engine: LaunchOptions;
}

export interface Exported {
  readonly schema: "chexreason.export/1";
  readonly model: Exclude<StudyModel, "base">;
  readonly folder: string;
  /** null for an adapter, which is the same bytes. */
  readonly difference: MergeDifference | null;
}

/** Pictures on which a merged model is held against the adapter, and tokens of the answer to each. */
const PICTURES = 8;
const TOKENS = 48;

/**
 * Writes a trained model where other programs can load it, with its card: the adapter in PEFT's layout, or the model
 * with the adapter merged in, in which case it is loaded again and held against the unmerged one.
 * @throws UserError when the study has not trained that model, or the folder holds something
 */
export async function exportModel(study: Study, options: ExportOptions): Promise<Exported> {
  const { merged } = options;
  const out = path.resolve(options.out);
  const held = await readdir(out).catch(() => []);
  if (held.length > 0) throw new UserError(`${out} is not empty: give a new folder`, 2);
  const { model, adapter } = await trainedModel(study, options.model);
  if (model === "base" || adapter === null)
    throw new UserError(`${study.file} trains nothing: there is no model to export`, 2);
  const rows = await rowsOf(study);
  if (merged === null)
    await cp(adapter, out, { recursive: true, filter: (file) => !/optimizer\./.test(file) });
  const merge = merged === null ? null : await mergeModel(study, adapter, out, merged, options.engine);
  const card = modelCard({
    study,
    model,
    records: await madeFrom(study, model),
    rows,
    merge,
  });
  await writeFileAtomic(path.join(out, "README.md"), card);
  return { schema: "chexreason.export/1", model, folder: out, difference: merge };
}

async function mergeModel(
  study: Study,
  adapter: string,
  out: string,
  dtype: "float32" | "bfloat16",
  launch: LaunchOptions,
): Promise<MergeDifference> {
  const host = engineHost(study, launch);
  try {
    const { engine } = await host.model();
    await engine.newAdapter("policy", { folder: adapter }, false);
    const handles = await prepare(engine, study);
    const answers = await engine.sample({
      prompts: handles.map((handle, index) => ({ handle, seeds: [BigInt(index)] })),
      adapter: "policy",
      temperature: 0,
      topP: 1,
      maxTokens: TOKENS,
    });
    const tokens = answers.map((group) => group[0]?.tokens ?? []);
    const apart = await score(engine, handles, tokens, "policy");
    await engine.saveState("policy", out, { optimizer: false, merged: true, dtype });
    // In the type it is stored in, as whoever takes it will load it.
    const { revision: _, ...model } = study.config.model;
    const whole = await host.another({ ...model, source: out, dtype });
    const together = await score(whole.engine, await prepare(whole.engine, study), tokens, "");
    return differenceOf(dtype, apart, together);
  } finally {
    await host.close();
  }
}

function differenceOf(dtype: string, apart: readonly number[], together: readonly number[]): MergeDifference {
  const differences = apart.map((value, index) => Math.abs(value - (together[index] ?? Number.NaN)));
  return {
    dtype,
    tokens: differences.length,
    mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
    max: Math.max(...differences),
  };
}

async function prepare(engine: Engine, { config }: Study): Promise<string[]> {
  const messages = promptMessages(studyPrompt(config, config.format));
  const prepared = await engine.prepare(
    drawnPictures(PICTURES, config.seed).map((image) => ({ messages, images: [image], store: false })),
  );
  return prepared.map(({ handle }) => handle);
}

/** Log-probabilities of all tokens, one after the other. */
async function score(
  engine: Engine,
  handles: readonly string[],
  tokens: readonly (readonly number[])[],
  adapter: string,
): Promise<number[]> {
  const groups = handles.map((handle, index) => ({ handle, completions: [tokens[index] ?? []] }));
  const scored = await engine.forward({ groups, adapter });
  return scored.groups.flatMap((group) => group.flatMap(({ logprob }) => [...logprob]));
}

/** The records of the stages that a model is made of, as far as they are there. */
async function madeFrom({ folder, config }: Study, model: "sft" | "grpo"): Promise<StageRecord[]> {
  const names = [
    "model",
    `data ${config.cohort.source}`,
    "cohort",
    "teach",
    "sft",
    ...(model === "grpo" ? ["grpo"] : []),
  ];
  const records = await Promise.all(names.map((name) => readRecord(folder, name)));
  return records.filter((record) => record !== null);
}

async function rowsOf({ folder }: Study): Promise<readonly RemarkedRow[]> {
  const file = path.join(folder, RESULTS_FILE);
  const found = await readRecord(folder, "report");
  return found === null ? [] : (await readResults(file)).rows;
}
