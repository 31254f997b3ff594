import path from "node:path";
import { type Command, Option } from "commander";
import { exportStudyTraces } from "../study/export-study-traces.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../teacher/export-traces/export-format.ts";
import { type StudyOptions, takesVariant, variantStudyOf } from "./study-options.ts";

/** `chexreason traces ...`: what can be done with the teacher's traces. */
export function addTraces(program: Command): void {
  const traces = program.command("traces").description("work with the teacher's traces");
  for (const add of [addExport]) add(traces);
  for (const command of traces.commands) command.option("--verbose", "show the stack of an error");
}

interface ExportOptions extends StudyOptions {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly imageRoot?: string;
}

/** `chexreason traces export`: the traces in another trainer's form. */
function addExport(traces: Command): void {
  takesVariant(traces.command("export"))
    .description("write a study's traces as another trainer reads them")
    .addOption(new Option("--format <name>", "whose form").choices(EXPORT_FORMATS).makeOptionMandatory())
    .option("--out <folder>", "where to (default: traces/<format> in the study's folder)")
    .option("--image-root <folder>", "what the pictures' paths begin with (default: where they lie)")
    .option("--json", "one object on stdout")
    .action(async (file: string, { format, out, imageRoot, json, ...options }: ExportOptions) => {
      const study = await variantStudyOf(file, options);
      const folder = path.resolve(out ?? path.join(study.folder, "traces", format));
      const root = imageRoot === undefined ? {} : { imageRoot };
      const result = await exportStudyTraces(study, { format, folder, ...root });
      if (json === true) process.stdout.write(`${JSON.stringify({ ...result, folder }, null, 2)}\n`);
      else for (const name of result.files) process.stdout.write(`${path.join(folder, name)}\n`);
      process.stderr.write(`chexreason: ${result.traces} traces; licences: ${result.licences.join(", ")}\n`);
    });
}
