import type { TraceExporter } from "./export-format.ts";
import { jsonLines } from "./export-format.ts";

/**
 * TRL's conversational prompt-completion form with pictures (its documentation, "Dataset formats and types", sections
 * "Prompt-completion" and "Vision datasets"): `images` beside the turns, each turn's content a list of typed parts.
 * Prompt and completion are apart, so that SFTTrainer learns the completion alone, as the paper does. `images` holds
 * paths: cast that column to `List(Image())` of the `datasets` library after loading.
 */
export const trlExporter: TraceExporter = {
  file: "train.jsonl",
  row: (trace, image) => ({
    prompt: [trace.messages[0]],
    completion: [trace.messages[1]],
    images: [image],
  }),
  text: jsonLines,
  beside: {},
};
