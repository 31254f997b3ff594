import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { launchEngine } from "../../src/engine/launch-engine.ts";
import { prepareRadiographs } from "../../src/engine/prepare-radiographs.ts";
import { jobSchema, type SideReady, type SideResult } from "./job.ts";
import { messagesOf, repetition } from "./our-repetition.ts";
import type { OurOptions } from "./settings.ts";

/**
 * Our side of `npm run bench`. Speaks as trl_side.py does: a JSON object a line in, one a line out.
 */
const job = jobSchema.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const work = mkdtempSync(path.join(tmpdir(), "chexreason-bench-"));
const { engine, close } = await launchEngine({ log: (line) => process.stderr.write(`${line}\n`) });
try {
  say(await load());
  for await (const line of createInterface({ input: process.stdin })) {
    const { set, options } = JSON.parse(line) as { set: number; options: OurOptions };
    const runFolder = path.join(work, "run");
    say(await repetition(engine, job, set, runFolder, options));
    rmSync(runFolder, { recursive: true, force: true });
  }
} finally {
  await close();
  rmSync(work, { recursive: true, force: true });
}

function say(answer: SideReady | SideResult): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** Loads the model, and prepares the first picture, whose set is the one for warming up. */
async function load(): Promise<SideReady> {
  const { model, dtype, threads, seed, checkpointing, without, images, sets, format } = job;
  await engine.load({
    source: model,
    dtype,
    threads,
    seed,
    gradientCheckpointing: checkpointing,
    without,
  });
  const { versions, device } = await engine.describe();
  const first = { root: images, image: sets[0]?.rows[0]?.file ?? "" };
  const [prompt] = await prepareRadiographs(engine, [first], messagesOf(format));
  return {
    versions: { ...versions, node: process.versions.node },
    device,
    promptTokens: prompt?.tokens ?? 0,
  };
}
