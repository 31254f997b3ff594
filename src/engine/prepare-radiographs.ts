import path from "node:path";
import { decodeImage } from "../images/decode.ts";
import type { ChatMessage } from "../prompts/chat-message.ts";
import { mapParallel } from "../util/map-parallel.ts";
import type { OnProgress } from "../util/progress.ts";
import { slices } from "../util/slices.ts";
import type { Engine, PreparedPrompt } from "./engine.ts";

/** Pictures decoded ahead of the engine: at most this many sets of pixels are in memory (1 MB each at 1024 pixels). */
const DECODED_AT_ONCE = 64;
/** Pictures decoded side by side; sharp has threads of its own. */
const PARALLEL = 4;

/** A radiograph by its file, relative to a data root. */
export interface RadiographFile {
  readonly root: string;
  readonly image: string;
}

/** Decodes radiographs and prepares the same chat about each; handles in the order given. */
export async function prepareRadiographs(
  engine: Engine,
  radiographs: readonly RadiographFile[],
  messages: readonly ChatMessage[],
  onProgress?: OnProgress,
): Promise<PreparedPrompt[]> {
  const prepared: PreparedPrompt[] = [];
  for (const batch of slices(radiographs, DECODED_AT_ONCE)) {
    const images = await mapParallel(batch, PARALLEL, ({ root, image }) =>
      decodeImage(path.join(root, image)),
    );
    prepared.push(...(await engine.prepare(images.map((image) => ({ messages, images: [image] })))));
    onProgress?.({
      done: prepared.length,
      total: radiographs.length,
      unit: "images",
      note: "reading the pictures",
    });
  }
  return prepared;
}
