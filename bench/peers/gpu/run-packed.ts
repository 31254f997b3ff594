import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { PACKAGE_ROOT } from "../../../src/engine/package-root.ts";
import { pythonVariables } from "../../../src/engine/python-variables.ts";
import { writeJsonAtomic } from "../../../src/util/files.ts";
import { messageOf, UserError } from "../../../src/util/user-error.ts";
import { type Bench, compare, type SideVersions } from "../compare.ts";
import { prepareModel } from "../prepare-model.ts";
import type { Comparison } from "../results-schema.ts";
import { peerSide } from "../side.ts";
import { SHAPES } from "./shapes.ts";

/**
 * What run.sh of a packed folder starts, on a machine with a GPU and a Python that has torch, transformers, PEFT and grpcio
 * but neither Node nor a network: our line against TRL with transformers' generate, on models of public sizes with drawn
 * weights. Writes OUT/bench-gpu-SHAPE.json after each case, so that a time limit loses one case.
 *
 *     ./run.sh OUT --shape medgemma-4b [--only grpo,sft]
 *
 * TRL with vLLM is not measured: it needs packages that cannot be carried along.
 */
const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: { shape: { type: "string" }, only: { type: "string" } },
});
const [out] = positionals;
const chosen = SHAPES.find(({ name }) => name === args.shape);
if (out === undefined || chosen === undefined)
  throw new UserError(`run.sh OUT --shape ${SHAPES.map(({ name }) => name).join(" | ")}`, 2);
const python = process.env.CHEXREASON_PYTHON ?? "python3";
const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
const work = mkdtempSync(path.join(tmpdir(), "chexreason-bench-gpu-"));
const bench: Bench = {
  work,
  threads: 0,
  say,
  ours: { command: process.execPath, args: [path.join(PACKAGE_ROOT, "src/packed/our-side.mjs")] },
  peer: peerSide(python, 0, path.join(PACKAGE_ROOT, "python")),
};
try {
  await mkdir(out, { recursive: true });
  const { shape, pixels, name } = chosen;
  const cases = chosen.cases.filter(
    (one) => args.only === undefined || args.only.split(",").includes(one.name),
  );
  const pictures = Math.max(...cases.map(({ images, repetitions }) => images * (repetitions + 1)));
  const lengths = [...new Set(cases.filter(({ kind }) => kind === "sft").map(({ tokens }) => tokens))];
  say(`making ${name} and drawing ${pictures} pictures`);
  const prepared = await prepareModel(path.join(work, "model"), python, shape, { pixels, pictures, lengths });
  const rates = await machineRates();
  const comparisons: Comparison[] = [];
  const failed: { name: string; error: string }[] = [];
  let versions: SideVersions | null = null;
  for (const one of cases) {
    try {
      // Room for all rows of both sides on a large GPU; measured ones may be chosen once there is one.
      const options = { ours: { microBatch: 2 }, peer: { perDevice: 4 } };
      const done = await compare(bench, one, prepared, options);
      const { comparison } = done;
      versions = done.versions;
      comparisons.push(comparison);
      say(`${one.name}: ${comparison.ratio.median.toFixed(2)} times the peer's speed`);
    } catch (error) {
      failed.push({ name: one.name, error: messageOf(error) });
      say(`${one.name} failed: ${messageOf(error)}`);
    }
    await writeJsonAtomic(path.join(out, `bench-gpu-${name}.json`), {
      schema: "chexreason.bench-gpu/1",
      shape: name,
      dtype: shape.dtype,
      rates,
      versions,
      comparisons,
      failed,
      notMeasured: ["TRL with vLLM"],
    });
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function machineRates(): Promise<unknown> {
  const { dtype } = (chosen ?? SHAPES[0])?.shape ?? { dtype: "float32" };
  const probe = "import torch; print('cuda' if torch.cuda.is_available() else 'cpu')";
  const run = promisify(execFile);
  const device = (await run(python, ["-c", probe])).stdout.trim();
  const script = path.join(PACKAGE_ROOT, "bench/peers/machine_rates.py");
  return JSON.parse((await run(python, [script, "0", device, dtype], { env: pythonVariables() })).stdout);
}
