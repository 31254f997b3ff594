import { traceCompletion } from "../trace.ts";
import { jsonLines, type TraceExporter } from "./export-format.ts";

/**
 * ms-swift's standard form (its documentation, "Custom dataset", section "Multimodal"): `messages` with plain texts, an
 * `<image>` where the picture stands, and `images` with one path for each.
 */
export const msSwiftExporter: TraceExporter = {
  file: "train.jsonl",
  row: (trace, image) => ({
    messages: [
      { role: "user", content: `<image>${trace.messages[0].content[1].text}` },
      { role: "assistant", content: traceCompletion(trace) },
    ],
    images: [image],
  }),
  text: jsonLines,
  beside: {},
};
