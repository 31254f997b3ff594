import type { Command } from "commander";
import { addDataImport } from "./data-import.ts";
import { addDataInspect } from "./data-inspect.ts";
import { addDataLabels } from "./data-labels.ts";

/** `chexreason data import | inspect | labels`, beside `chexreason data STUDY` where that is there. */
export function addData(program: Command): void {
  const data = program.commands.find((command) => command.name() === "data") ?? program.command("data");
  // Options after a subcommand's name are its own: `data` has a --set too.
  data.enablePositionalOptions();
  for (const add of [addDataImport, addDataInspect, addDataLabels]) add(data);
  for (const command of data.commands) command.option("--verbose", "show the stack of an error");
}
