import type { Command } from "commander";
import { writeTensorboard } from "../study/export/write-tensorboard.ts";
import { type StudyOptions, takesVariant, variantStudyOf } from "./study-options.ts";

interface Options extends StudyOptions {
  readonly out: string;
}

/** `chexreason tensorboard`: a study's training metrics as TensorBoard's event files. */
export function addTensorboard(program: Command): void {
  takesVariant(program.command("tensorboard"))
    .description("write the metrics of SFT and GRPO as TensorBoard reads them")
    .requiredOption("--out <folder>", "the folder for tensorboard --logdir")
    .option("--json", "one object on stdout")
    .action(async (file: string, { out, ...options }: Options) => {
      const scalars = await writeTensorboard(await variantStudyOf(file, options), out);
      if (options.json === true)
        process.stdout.write(
          `${JSON.stringify({ schema: "chexreason.tensorboard/1", out, scalars }, null, 2)}\n`,
        );
      else
        for (const [stage, count] of Object.entries(scalars))
          process.stdout.write(`${out}/${stage}: ${count} scalars\n`);
    });
}
