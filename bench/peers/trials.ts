import { writeFile } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../../src/util/user-error.ts";
import type { Case } from "./cases.ts";
import type { Bench } from "./compare.ts";
import { ALL_ON, makeJob } from "./make-job.ts";
import type { Prepared } from "./prepare-model.ts";
import type { Trial } from "./results-schema.ts";
import type { OurOptions, PeerOptions } from "./settings.ts";
import { type Side, startSide } from "./side.ts";

type Kind = Case["kind"];
type Named<Options> = readonly (readonly [name: string, options: Options])[];

/** What each side may choose from. Gradient checkpointing is off throughout: it only saves memory. */
export const OUR_CANDIDATES: Readonly<Record<Kind, Named<OurOptions>>> = {
  sft: [1, 2, 4].map((microBatch) => [`micro-batch ${microBatch}`, { microBatch }] as const),
  grpo: [1, 2, 4].map((microBatch) => [`micro-batch ${microBatch}`, { microBatch }] as const),
  generate: [["all rows at once", { microBatch: 1 }]],
};

export const PEER_CANDIDATES: Readonly<Record<Kind, Named<PeerOptions>>> = {
  sft: [
    ...[1, 2, 4].map((perDevice) => [`batch ${perDevice}`, { perDevice }] as const),
    ["batch 4, a loading worker", { perDevice: 4, more: { dataloader_num_workers: 1 } }],
  ],
  grpo: [
    ...[4, 8, 16].map((perDevice) => [`batch ${perDevice}`, { perDevice }] as const),
    ["batch 8, static cache", { perDevice: 8, more: { cache_implementation: "static" } }],
    ["batch 8, continuous batching", { perDevice: 8, more: { use_transformers_continuous_batching: true } }],
  ],
  generate: [
    ["dynamic cache", { perDevice: 1 }],
    ["static cache", { perDevice: 1, more: { cache_implementation: "static" } }],
  ],
};

/**
 * Each side's candidates on one case, one repetition each after one to warm up; the quickest is chosen. One that fails
 * counts as not working for this model, with its reason.
 */
export async function tryCandidates<Options>(
  bench: Bench,
  one: Case,
  prepared: Prepared,
  side: Trial["side"],
  candidates: Named<Options>,
): Promise<{ chosen: Options; trials: Trial[] }> {
  const file = path.join(bench.work, `job-trial-${one.name}.json`);
  await writeFile(file, JSON.stringify(makeJob({ ...one, repetitions: 1 }, prepared, bench.threads, ALL_ON)));
  const command = bench[side];
  const tried: { name: string; options: Options; seconds: number | null; fault?: string }[] = [];
  let running: Side<Options> | null = null;
  for (const [name, options] of candidates) {
    bench.say(`trying ${one.kind}, ${side}: ${name}`);
    running ??= await startSide<Options>(command, file);
    const outcome = await secondsOf(running, options);
    tried.push({ name, options, ...outcome });
    if (outcome.seconds !== null) continue;
    // One that failed may leave anything behind.
    await running.close();
    running = null;
  }
  await running?.close();
  const works = tried.filter(({ seconds }) => seconds !== null);
  works.sort((a, b) => (a.seconds ?? 0) - (b.seconds ?? 0));
  const [best] = works;
  if (best === undefined)
    throw new Error(`${one.name}: none of ${side}'s candidates works: ${tried[0]?.fault}`);
  const trials = tried.map(({ name, seconds, fault }) => ({
    kind: one.kind,
    side,
    name,
    seconds,
    ...(fault === undefined ? {} : { fault }),
    isChosen: name === best.name,
  }));
  return { chosen: best.options, trials };
}

async function secondsOf<Options>(
  side: Side<Options>,
  options: Options,
): Promise<{ seconds: number | null; fault?: string }> {
  try {
    await side.run(0, options);
    return { seconds: (await side.run(1, options)).seconds };
  } catch (error) {
    return { seconds: null, fault: lastLine(messageOf(error)) };
  }
}

/** Of a Python traceback: the exception. */
function lastLine(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").slice(0, 300);
}
