import { type Command, InvalidArgumentError, Option } from "commander";
import { FILLS, type Fill } from "../evaluation/probes/probe-settings.ts";
import { PROBES, type ProbeName, probeStudy } from "../study/probe-study.ts";
import { probeStudyText } from "../study/probe-study-text.ts";
import type { StudyModel } from "../study/study-model.ts";
import { type StudyOptions, studyOf, takesStudy } from "./study-options.ts";
import { terminal } from "./terminal.ts";

interface Options extends StudyOptions {
  readonly model: StudyModel;
  readonly data?: readonly string[];
  readonly variant?: string;
  readonly n: number;
  readonly only?: readonly ProbeName[];
  readonly fill: Fill;
}

/** `chexreason probe`: which conventions a model has learned, and what in a picture its answers hang on. */
export function addProbe(program: Command): void {
  takesStudy(program.command("probe"))
    .description("probe a study's model: whose labelling convention it follows, and which shortcuts it takes")
    .addOption(new Option("--model <name>", "which model").choices(["base", "sft", "grpo"]).default("grpo"))
    .option("--data <hospital...>", "on which hospitals (default: all that the study is judged on)")
    .option("--variant <name>", "which variant, where the study has several")
    .option("--n <images>", "images of each hospital that are changed and read again", countOf, 100)
    .addOption(
      new Option("--only <probe...>", "some of the probes; convention needs no engine").choices(PROBES),
    )
    .addOption(
      new Option("--fill <how>", "a hidden region becomes grey, or another patient's")
        .choices(FILLS)
        .default("mean"),
    )
    .option("--json", "one object on stdout")
    .action(async (file: string, options: Options) => {
      const out = terminal();
      const probe = await probeStudy(await studyOf(file, options), {
        ...options,
        engine: options.verbose === true ? { log: (line) => out.say(`engine: ${line}`) } : {},
        onProgress: (progress) => out.progress("probe", progress),
      });
      process.stdout.write(
        options.json === true ? `${JSON.stringify(probe, null, 2)}\n` : probeStudyText(probe),
      );
    });
}

function countOf(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("give a whole number above 0");
  return value;
}
