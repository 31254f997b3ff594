import path from "node:path";
import { decodeImage, type GreyImage } from "../images/decode.ts";
import type { ChatMessage } from "../prompts/chat-message.ts";
import { mapParallel } from "../util/map-parallel.ts";
import type { OnProgress } from "../util/progress.ts";
import { slices } from "../util/slices.ts";
import type { Engine, PreparedPrompt } from "./engine.ts";

/** Pictures of one Prepare. Twice as many sets of pixels are in memory at most (1 MB each at 1024 pixels). */
const DECODED_AT_ONCE = 64;
/** Pictures decoded side by side; sharp has threads of its own. */
const PARALLEL = 4;

/** A radiograph by its file, relative to a data root. */
export interface RadiographFile {
  readonly root: string;
  readonly image: string;
}

/**
 * Decodes radiographs and prepares the same chat about each; handles in the order given. The next pictures are decoded
 * while the engine computes the features of these.
 */
export async function prepareRadiographs(
  engine: Engine,
  radiographs: readonly RadiographFile[],
  messages: readonly ChatMessage[],
  onProgress?: OnProgress,
): Promise<PreparedPrompt[]> {
  const prepared: PreparedPrompt[] = [];
  const batches = slices(radiographs, DECODED_AT_ONCE);
  let coming = decodeAll(batches[0] ?? []);
  for (const next of batches.keys()) {
    const images = await coming;
    coming = decodeAll(batches[next + 1] ?? []);
    // Should the engine fail first, its error is the one to tell.
    coming.catch(() => {});
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

function decodeAll(batch: readonly RadiographFile[]): Promise<GreyImage[]> {
  return mapParallel(batch, PARALLEL, ({ root, image }) => decodeImage(path.join(root, image)));
}
