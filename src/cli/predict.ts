import { type Command, Option } from "commander";
import { predictImages } from "../study/predict-images.ts";
import type { StudyModel } from "../study/study-model.ts";
import { trainedModel } from "../study/trained-model.ts";
import { type StudyOptions, takesVariant, variantStudyOf } from "./study-options.ts";
import { terminal } from "./terminal.ts";

interface Options extends StudyOptions {
  readonly model?: StudyModel;
}

/** `chexreason predict`: what a study's model says of picture files. */
export function addPredict(program: Command): void {
  takesVariant(program.command("predict"))
    .argument("<image...>", "PNG, JPEG or DICOM files")
    .description("have one of a study's models read picture files")
    .addOption(
      new Option("--model <name>", "which model (default: the last that was trained)").choices([
        "base",
        "sft",
        "grpo",
      ]),
    )
    .option("--json", "one object on stdout")
    .action(async (file: string, images: string[], options: Options) => {
      const study = await variantStudyOf(file, options);
      const out = terminal();
      const model = await trainedModel(study, options.model);
      out.say(`chexreason: read by the ${model.model} model`);
      const predictions = await predictImages(study, images, {
        model,
        engine: options.verbose === true ? { log: (line) => out.say(`engine: ${line}`) } : {},
        onProgress: (progress) => out.progress("predict", progress),
      });
      const rows = predictions.map(({ id, text, labels, failure }) => ({ image: id, labels, failure, text }));
      if (options.json === true) {
        const object = { schema: "chexreason.predict/1", model: model.model, predictions: rows };
        process.stdout.write(`${JSON.stringify(object, null, 2)}\n`);
      } else
        for (const { image, labels, failure, text } of rows)
          process.stdout.write(
            `${image}: ${labels?.join(", ") ?? `could not be read (${failure})`}\n  ${text}\n`,
          );
    });
}
