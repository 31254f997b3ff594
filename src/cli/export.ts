import { type Command, Option } from "commander";
import { type ExportOptions, exportModel } from "../study/export/export-model.ts";
import { type StudyOptions, takesVariant, variantStudyOf } from "./study-options.ts";
import { terminal } from "./terminal.ts";

interface Options extends StudyOptions {
  readonly model?: ExportOptions["model"];
  readonly out: string;
  readonly merged?: boolean;
  readonly dtype: "float32" | "bfloat16";
}

/** `chexreason export`: a trained model in a folder that other programs load. */
export function addExport(program: Command): void {
  takesVariant(program.command("export"))
    .description("write a trained model where transformers, PEFT or vLLM load it, with its card")
    .requiredOption("--out <folder>", "a new folder")
    .addOption(
      new Option("--model <name>", "which model (default: the last that was trained)").choices([
        "sft",
        "grpo",
      ]),
    )
    .option("--merged", "a whole model with the adapter merged in, instead of the adapter")
    .addOption(
      new Option("--dtype <type>", "how a merged model is stored")
        .choices(["float32", "bfloat16"])
        .default("bfloat16"),
    )
    .option("--json", "one object on stdout")
    .action(async (file: string, options: Options) => {
      const { out, merged = false, dtype } = options;
      const exported = await exportModel(await variantStudyOf(file, options), {
        model: options.model,
        out,
        merged: merged ? dtype : null,
        engine: options.verbose === true ? { log: (line) => terminal().say(`engine: ${line}`) } : {},
      });
      const { model, folder, difference } = exported;
      if (options.json === true) process.stdout.write(`${JSON.stringify(exported, null, 2)}\n`);
      else if (difference === null) process.stdout.write(`${folder}: the ${model} adapter\n`);
      else
        process.stdout.write(
          `${folder}: the ${model} model, merged, ${dtype}; log-probabilities of ${difference.tokens} tokens differ by ` +
            `${difference.mean.toExponential(2)} nats on average, at most ${difference.max.toExponential(2)}\n`,
        );
    });
}
