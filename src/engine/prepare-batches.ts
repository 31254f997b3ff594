import type { PromptInput } from "./engine.ts";

/** Prompts sent in one Prepare, at most. */
const MOST_PROMPTS = 64;
/** Pixels sent in one Prepare, at most, unless one prompt has more. A message may hold 512 MB. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Cuts prompts, in their order, into batches whose messages are of bounded size (a radiograph of 3000 x 3000 is 9 MB). */
export function prepareBatches(prompts: readonly PromptInput[]): PromptInput[][] {
  const batches: PromptInput[][] = [];
  let bytes = 0;
  for (const prompt of prompts) {
    const own = prompt.images.reduce((sum, { pixels }) => sum + pixels.length, 0);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === MOST_PROMPTS || bytes + own > MOST_BYTES) {
      batches.push([prompt]);
      bytes = own;
    } else {
      batch.push(prompt);
      bytes += own;
    }
  }
  return batches;
}
