import type { Command } from "commander";
import { evaluateFiles } from "../evaluation/files/evaluate-files.ts";
import { fileEvaluationText } from "../evaluation/files/file-evaluation-text.ts";
import { UserError } from "../util/user-error.ts";
import { runStudyPart } from "./parts.ts";
import type { StudyOptions } from "./study-options.ts";

interface FileOptions {
  readonly predictions?: string;
  readonly truth?: string;
  readonly against?: string;
  readonly training?: string;
  readonly labels: string;
  readonly threshold?: string;
  readonly resamples: string;
  readonly seed: string;
  readonly json?: boolean;
}

/** `chexreason evaluate --predictions FILE --truth FILE`, beside `chexreason evaluate STUDY` of parts.ts. */
export function addEvaluate(program: Command): void {
  const evaluate = program.commands.find((command) => command.name() === "evaluate");
  if (evaluate === undefined) throw new Error("addEvaluate: the command evaluate is added first");
  evaluate.registeredArguments[0]?.argOptional();
  evaluate
    .description("have every model of a study read the test sets; or score a file of predictions")
    .option("--predictions <file>", "labels by image: a CSV with a column a label, or chexreason's Parquet")
    .option("--truth <file>", "the same of the truth, by image or by study")
    .option("--against <file>", "predictions to compare with, image by image")
    .option("--training <file>", "a training table, for readers that know only how often a label is positive")
    .option("--labels <choice>", "shared, all, nih, or names separated by commas", "shared")
    .option("--threshold <p>", "predictions are probabilities; from p on a label counts as named")
    .option("--resamples <n>", "draws of patients", "10000")
    .option("--seed <n>", "of the draws", "0")
    .option("--json", "one object on stdout (predictions only)")
    .action(async (study: string | undefined, options: StudyOptions & FileOptions) => {
      const { predictions, truth, against, training, labels, threshold, json } = options;
      if (study !== undefined && predictions === undefined && truth === undefined && json !== true)
        return runStudyPart("evaluate", study, options);
      if (study !== undefined || predictions === undefined || truth === undefined)
        throw new UserError(
          "evaluate: give a study file alone, or --predictions FILE with --truth FILE (and --json, if wanted)",
          2,
        );
      const result = await evaluateFiles({
        predictions,
        truth,
        labels,
        resamples: count("--resamples", options.resamples, 1),
        seed: count("--seed", options.seed, 0),
        ...(against === undefined ? {} : { against }),
        ...(training === undefined ? {} : { training }),
        ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
      });
      process.stdout.write(
        json === true ? `${JSON.stringify(result, null, 2)}\n` : fileEvaluationText(result),
      );
    });
}

function count(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < least)
    throw new UserError(`evaluate: ${option} ${text}: give a whole number from ${least} on`, 2);
  return value;
}
