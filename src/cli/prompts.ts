import type { Command } from "commander";
import { promptCatalog, promptIn } from "../prompts/prompt-catalog.ts";
import { readPromptFile } from "../prompts/read-prompt-file.ts";

interface PromptOptions {
  readonly file: readonly string[];
  readonly json?: boolean;
}

/** Characters of a hash in the list: enough to tell two texts apart by eye. */
const SHORT_HASH = 12;

/** `chexreason prompts list | show`: the prompts that a model is asked with. */
export function addPrompts(program: Command): void {
  const prompts = program.command("prompts").description("the prompts that a model is asked with");
  takesFiles(prompts.command("list"))
    .description("list the built-in prompts, and those of the files given")
    .action(({ file, json = false }: PromptOptions) => {
      const catalog = promptCatalog(file.map(readPromptFile));
      if (json) return printJson({ schema: "chexreason.prompts/1", prompts: catalog });
      const rows = catalog.map(({ name, version, answer, uses, hash, title, cue }) => [
        `${name}@${version}`,
        answer,
        uses.join(" "),
        hash.slice(0, SHORT_HASH),
        `${title}: ${cue}`,
      ]);
      process.stdout.write(aligned(rows));
    });
  takesFiles(prompts.command("show"))
    .argument("<name>", "as `prompts list` has it")
    .description("print a prompt as the model is shown it")
    .action((name: string, { file, json = false }: PromptOptions) => {
      const prompt = promptIn(promptCatalog(file.map(readPromptFile)), name);
      if (json) return printJson({ schema: "chexreason.prompt/1", ...prompt });
      process.stdout.write(`${prompt.text}\n`);
    });
}

function takesFiles(command: Command): Command {
  return command
    .option(
      "--file <file>",
      "a prompt file of your own (may be repeated)",
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .option("--json", "one object on stdout")
    .option("--verbose", "show the stack of an error");
}

function printJson(object: object): void {
  process.stdout.write(`${JSON.stringify(object, null, 2)}\n`);
}

/** Rows of cells, columns aligned, the last as long as it is. */
function aligned(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = (rows[0] ?? []).map((_, column) => width(column));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}
