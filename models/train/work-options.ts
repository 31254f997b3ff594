import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { PACKAGE_ROOT } from "../../src/engine/python-environment.ts";

export interface WorkOptions {
  /** Where pictures and checkpoints go; a run that was interrupted goes on from there. */
  readonly work: string;
  /** Where the finished model goes. */
  readonly out: string;
}

/** `--work` and `--out` of a training script. */
export function workOptions(model: string, args = process.argv.slice(2)): WorkOptions {
  const { values } = parseArgs({ args, options: { work: { type: "string" }, out: { type: "string" } } });
  return {
    work: path.resolve(values.work ?? path.join(os.tmpdir(), `chexreason-${model}`)),
    out: path.resolve(values.out ?? path.join(PACKAGE_ROOT, "models", model)),
  };
}
