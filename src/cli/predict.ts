import { type Command, Option } from "commander";
import { predictImages } from "../study/predict-images.ts";
import type { StudyModel } from "../study/study-model.ts";
import { type StudyOptions, studyOf, takesStudy } from "./study-options.ts";
import { terminal } from "./terminal.ts";

/** `chexreason predict`: what a study's model says of picture files. */
export function addPredict(program: Command): void {
  takesStudy(program.command("predict"))
    .argument("<image...>", "PNG, JPEG or DICOM files")
    .description("have one of a study's models read picture files")
    .addOption(new Option("--model <name>", "which model").choices(["base", "sft", "grpo"]).default("grpo"))
    .option("--json", "one object on stdout")
    .action(async (file: string, images: string[], options: StudyOptions & { model: StudyModel }) => {
      const study = await studyOf(file, options);
      const out = terminal();
      const predictions = await predictImages(study, images, {
        model: options.model,
        engine: options.verbose === true ? { log: (line) => out.say(`engine: ${line}`) } : {},
        onProgress: (progress) => out.progress("predict", progress),
      });
      const rows = predictions.map(({ id, text, labels, failure }) => ({ image: id, labels, failure, text }));
      if (options.json === true) {
        const object = { schema: "chexreason.predict/1", model: options.model, predictions: rows };
        process.stdout.write(`${JSON.stringify(object, null, 2)}\n`);
      } else
        for (const { image, labels, failure, text } of rows)
          process.stdout.write(
            `${image}: ${labels?.join(", ") ?? `could not be read (${failure})`}\n  ${text}\n`,
          );
    });
}
