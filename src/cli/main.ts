import { Command, CommanderError } from "commander";
import { messageOf, UserError } from "../util/user-error.ts";
import { commandsFor } from "./commands.ts";

/** Exit codes: 0 ok, 1 error, 2 usage or configuration, 3 environment, 130 interrupted. */
const USAGE = 2;

/** The command line. Data go to stdout, everything else to stderr; an error is one line. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command("chexreason")
    .description(
      "Train small vision-language models on chest X-rays, and learn whether the gain is real elsewhere.",
    )
    .option("--verbose", "show the engine's log, and the stack of an error")
    .exitOverride();
  for (const add of await commandsFor(argv.slice(2))) add(program);
  for (const command of program.commands) {
    command.option("--verbose", "show the engine's log, and the stack of an error");
    command.exitOverride();
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error, argv.includes("--verbose"));
  }
}

function report(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  process.stderr.write(`chexreason: ${oneLine(error)}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof UserError ? error.exitCode : 1;
}

function oneLine(error: unknown): string {
  const message = messageOf(error).replace(/\s*\n\s*/g, " ");
  return error instanceof UserError ? message : `${message} (a bug of ours; --verbose shows where)`;
}
