// Run by scripts/setup.js: makes the Python environment when it is missing.
import { messageOf, UserError } from "../util/user-error.ts";
import { ensurePython } from "./python-environment.ts";

try {
  await ensurePython((line) => process.stderr.write(`chexreason: ${line}\n`));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`chexreason: ${messageOf(error)}\n`);
  process.exitCode = error.exitCode;
}
