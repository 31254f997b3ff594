import type { Dialect } from "../completions/dialects/dialect.ts";
import { readAnswer } from "../completions/dialects/read-answer.ts";
import type { ImageRecord } from "../datasets/record.ts";
import type { Engine, PreparedPrompt } from "../engine/engine.ts";
import { prepareRadiographs } from "../engine/prepare-radiographs.ts";
import { promptMessages } from "../prompts/chat-message.ts";
import type { Prompt } from "../prompts/prompt.ts";
import type { OnProgress } from "../util/progress.ts";
import { seed64 } from "../util/random.ts";
import { slices } from "../util/slices.ts";
import type { Prediction } from "./prediction-file.ts";

/** What a reading needs of a record. */
export type ReadableRecord = Pick<ImageRecord, "id" | "patient" | "site" | "image">;

export interface ReadingSettings extends AskingSettings {
  readonly root: string;
  readonly prompt: Prompt;
}

/** How prepared prompts are asked, and how the answers are read. */
export interface AskingSettings {
  /** Empty: the base model. */
  readonly adapter: string;
  /** 0: greedy. */
  readonly temperature: number;
  readonly maxTokens: number;
  readonly seed: number;
  /** How the model writes its answers; default `solution`, this project's own form. */
  readonly dialect?: Dialect;
}

/** Images asked for in one Sample: bounds the memory of the decoding caches. */
const IMAGES_AT_ONCE = 128;

/** Has a model read radiographs, and reads its answers leniently: unknown labels are dropped, duplicates merged. */
export async function readRadiographs(
  engine: Engine,
  records: readonly ReadableRecord[],
  settings: ReadingSettings,
  onProgress?: OnProgress,
): Promise<Prediction[]> {
  const { root, prompt } = settings;
  const radiographs = records.map(({ image }) => ({ root, image }));
  const prepared = await prepareRadiographs(engine, radiographs, promptMessages(prompt), onProgress);
  return readPrepared(engine, records, prepared, settings, onProgress);
}

/** The same of prompts that are prepared already, one a record, in order. */
export async function readPrepared(
  engine: Engine,
  records: readonly Pick<ImageRecord, "id" | "patient" | "site">[],
  prepared: readonly PreparedPrompt[],
  settings: AskingSettings,
  onProgress?: OnProgress,
): Promise<Prediction[]> {
  const { adapter, temperature, maxTokens, seed, dialect = "solution" } = settings;
  const predictions: Prediction[] = [];
  let ended = 0;
  const numbered = records.map((record, index) => ({ record, index }));
  for (const batch of slices(numbered, IMAGES_AT_ONCE)) {
    const groups = await engine.sample(
      {
        prompts: batch.map(({ record, index }) => ({
          handle: prepared[index]?.handle ?? "",
          seeds: [seed64(seed, "reading", record.site, record.id)],
        })),
        adapter,
        temperature,
        topP: 1,
        maxTokens,
      },
      () => {
        ended += 1;
        onProgress?.({ done: ended, total: records.length, unit: "readings" });
      },
    );
    for (const [position, { record }] of batch.entries()) {
      const sampled = groups[position]?.[0];
      if (sampled === undefined) throw new Error(`readRadiographs: no completion for ${record.id}`);
      const { text, tokens, finish } = sampled;
      const parsed = readAnswer(text, { dialect, finish });
      predictions.push({
        id: record.id,
        patient: record.patient,
        site: record.site,
        text,
        tokens: tokens.length,
        finish,
        failure: parsed.outcome === "failed" ? parsed.reason : null,
        labels: parsed.outcome === "labels" ? parsed.labels : null,
      });
    }
  }
  return predictions;
}
