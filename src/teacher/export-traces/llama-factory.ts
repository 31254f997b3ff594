import { traceCompletion } from "../trace.ts";
import type { TraceExporter } from "./export-format.ts";

const FILE = "chexreason.json";

/**
 * LLaMA-Factory's sharegpt form (its `data/README.md`, "Sharegpt format" and "Multimodal Image Dataset"): one JSON list;
 * as many paths in `images` as `<image>` marks in the turns. The `dataset_info.json` beside it declares the columns:
 * give the export folder as `dataset_dir` and `chexreason` as `dataset`.
 */
export const llamaFactoryExporter: TraceExporter = {
  file: FILE,
  row: (trace, image) => ({
    conversations: [
      { from: "human", value: `<image>${trace.messages[0].content[1].text}` },
      { from: "gpt", value: traceCompletion(trace) },
    ],
    images: [image],
  }),
  text: (rows) => `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`,
  beside: {
    "dataset_info.json": {
      chexreason: {
        file_name: FILE,
        formatting: "sharegpt",
        columns: { messages: "conversations", images: "images" },
      },
    },
  },
};
