import type { Command } from "commander";
import { initStudy } from "../study/init-study.ts";
import { terminal } from "./terminal.ts";

/** `chexreason init`: a study file to start from. */
export function addInit(program: Command): void {
  program
    .command("init")
    .argument("<file>", "the study file to write, e.g. my-study.yaml")
    .option("--from <name>", "the study to start from: phantom, nih or paper", "phantom")
    .description("write a study file to start from")
    .action(async (file: string, { from }: { from: string }) => {
      await initStudy(file, from);
      terminal().say(`chexreason: wrote ${file}; next: chexreason run ${file}`);
    });
}
