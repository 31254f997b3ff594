import type { Command } from "commander";
import { auditRewards } from "../training/rewards-audit/audit-rewards.ts";
import { renderAudit } from "../training/rewards-audit/render-audit.ts";

/** `chexreason rewards audit`: what the rewards pay to readers that do not look. */
export function addRewards(program: Command): void {
  program
    .command("rewards")
    .description("what the rewards pay for")
    .command("audit")
    .description(
      "pay constant, empty and invalid answers, and readers of a known accuracy, by a table's labels",
    )
    .requiredOption(
      "--table <file>",
      "a hospital's table (CSV, gzip too), or one that `chexreason data` wrote",
    )
    .option("--seed <number>", "of the readers' errors", Number, 0)
    .option("--json", "one object on stdout")
    .action(async ({ table, seed, json = false }: { table: string; seed: number; json?: boolean }) => {
      const audit = await auditRewards(table, seed);
      process.stdout.write(json ? `${JSON.stringify(audit, null, 2)}\n` : renderAudit(audit));
    });
}
