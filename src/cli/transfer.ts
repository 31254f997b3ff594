import { type Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_DELTA } from "../evaluation/transfer/judge-transfer.ts";
import { meetsRequirement } from "../evaluation/transfer/meets-requirement.ts";
import { PAPER_TABLES, readPaperTables } from "../evaluation/transfer/paper-tables.ts";
import type { Transfer } from "../evaluation/transfer/transfer.ts";
import { transferFromPaper } from "../evaluation/transfer/transfer-from-paper.ts";
import { VERDICTS, type Verdict } from "../evaluation/transfer/verdict.ts";
import { renderTransfer } from "../report/render-transfer.ts";
import { type TransferOptions, transferStudy } from "../study/transfer-study.ts";
import { UserError } from "../util/user-error.ts";
import { type StudyOptions, studyOf, takesStudy } from "./study-options.ts";

/** Exit code when the verdict is not the one that `--require` asks for. */
const REQUIREMENT_FAILED = 100;
const USAGE = 2;

interface Options extends StudyOptions, Omit<TransferOptions, "repeats"> {
  readonly repeat?: readonly string[];
  readonly fromPaper?: string | true;
  readonly require?: Verdict;
  readonly markdown?: boolean;
}

/** `chexreason transfer`: whether what each step gained at home is there at the other hospitals. */
export function addTransfer(program: Command): void {
  takesStudy(program.command("transfer"), "[study]")
    .description("say whether what a study's models gained at home transfers to other hospitals")
    .option(
      "--home <hospital>",
      "where the gain is expected (default: the training hospital, or one of its schema)",
    )
    .option("--away <hospital...>", "where it has to show (default: all others)")
    .option("--variant <name>", "which variant, where the study has several")
    .option(
      "--delta <margin>",
      `a margin of macro-F1 in place of the declared one (default: the study's evaluation.margin; for printed numbers ${DEFAULT_DELTA})`,
      numberOf,
    )
    .option(
      "--repeat <seed=folder...>",
      "the same study run with other seeds: the verdict is then on the recipe",
    )
    .addOption(
      new Option("--require <verdict>", "exit with 100 unless the last step has it").choices(VERDICTS),
    )
    .option("--from-paper [file]", "printed tables of F1 instead of a study (default: the paper's own)")
    .option("--markdown", "tables as markdown")
    .option("--json", "one object on stdout")
    .action(async (file: string | undefined, options: Options) => {
      const transfer = await transferOf(file, options);
      const form = options.markdown === true ? "markdown" : "text";
      process.stdout.write(
        options.json === true ? `${JSON.stringify(transfer, null, 2)}\n` : renderTransfer(transfer, form),
      );
      if (options.require === undefined || meetsRequirement(transfer, options.require)) return;
      process.stderr.write(`chexreason: the last step is not "${options.require}", as --require asks\n`);
      process.exitCode = REQUIREMENT_FAILED;
    });
}

async function transferOf(file: string | undefined, options: Options): Promise<Transfer> {
  if (options.fromPaper !== undefined && file === undefined)
    return transferFromPaper(
      await readPaperTables(options.fromPaper === true ? PAPER_TABLES : options.fromPaper),
      options,
    );
  if (file === undefined || options.fromPaper !== undefined)
    throw new UserError("give a study file, or --from-paper [FILE]", USAGE);
  return await transferStudy(await studyOf(file, options), { ...options, repeats: options.repeat });
}

function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("give a number");
  return value;
}
