import type { ImageRecord } from "../../datasets/record.ts";
import type { Engine } from "../../engine/engine.ts";
import type { GreyImage } from "../../images/decode.ts";
import { promptMessages } from "../../prompts/chat-message.ts";
import type { Prompt } from "../../prompts/prompt.ts";
import type { OnProgress } from "../../util/progress.ts";
import { slices } from "../../util/slices.ts";
import type { Prediction } from "../prediction-file.ts";
import { type AskingSettings, readPrepared } from "../read-radiographs.ts";

/** A picture in memory: drawn, or changed from one that was read. */
export interface ProbePicture extends Pick<ImageRecord, "id" | "patient" | "site"> {
  readonly picture: GreyImage;
}

/** Pictures that the engine holds at a time. */
const PICTURES_AT_ONCE = 64;

/**
 * Has models read pictures that are used once: the engine keeps no features of them, and forgets their prompts when they
 * are read. Otherwise as `readRadiographs`. (adapters, pictures)
 */
export async function readPictures(
  engine: Engine,
  pictures: readonly ProbePicture[],
  adapters: readonly string[],
  settings: Omit<AskingSettings, "adapter"> & { readonly prompt: Prompt },
  onProgress?: OnProgress,
): Promise<Prediction[][]> {
  const messages = promptMessages(settings.prompt);
  const predictions = adapters.map((): Prediction[] => []);
  let done = 0;
  for (const batch of slices(pictures, PICTURES_AT_ONCE)) {
    const prepared = await engine.prepare(
      batch.map(({ picture }) => ({ messages, images: [picture], store: false })),
    );
    for (const [reader, adapter] of adapters.entries())
      predictions[reader]?.push(...(await readPrepared(engine, batch, prepared, { ...settings, adapter })));
    // Two pictures alike have one handle.
    for (const handle of new Set(prepared.map((prompt) => prompt.handle))) await engine.free({ handle });
    done += batch.length;
    onProgress?.({ done, total: pictures.length, unit: "readings" });
  }
  return predictions;
}
