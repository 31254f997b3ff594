import type { Command } from "commander";
import { examine, renderDoctor } from "../engine/doctor.ts";

/** Exit code of an environment that cannot run chexreason. */
const ENVIRONMENT = 3;

/** `chexreason doctor`: whether this machine can run it, and what to do where it cannot. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("check Node, Python, packages, disk, memory, GPU, and that the engine starts")
    .option("--json", "one object on stdout")
    .action(async ({ json = false }: { json?: boolean }) => {
      const report = await examine();
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderDoctor(report));
      if (!report.ok) process.exitCode = ENVIRONMENT;
    });
}
