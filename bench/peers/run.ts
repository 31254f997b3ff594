import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";
import { ensurePython } from "../../src/engine/python-environment.ts";
import { pythonVariables } from "../../src/engine/python-variables.ts";
import { writeJsonAtomic } from "../../src/util/files.ts";
import { messageOf, UserError } from "../../src/util/user-error.ts";
import { ablate, SAVINGS } from "./ablations.ts";
import { CASES, type Case, quickCases } from "./cases.ts";
import { type Bench, compare, type SideVersions } from "./compare.ts";
import { peerEnvironment } from "./peer-environment.ts";
import { type Prepared, prepareModel, tinyShape } from "./prepare-model.ts";
import { type BenchResults, resultsSchema } from "./results-schema.ts";
import { GRPO, LORA, type OurOptions, type PeerOptions, SFT, TINY_SPEC } from "./settings.ts";
import { ourSide, peerSide } from "./side.ts";
import { timeRow } from "./time-table.ts";
import { OUR_CANDIDATES, PEER_CANDIDATES, tryCandidates } from "./trials.ts";
import { workOf } from "./useful-work.ts";
import { RESULTS_FILE, writeBenchmarks } from "./write-benchmarks.ts";

/**
 * `npm run bench`: our SFT, GRPO and sampling against TRL's SFTTrainer and GRPOTrainer and transformers' generate, on the
 * same tiny Gemma 3 and the same pictures, in turn, in one run; each of our savings switched off; where the time goes.
 *
 *     npm run bench                                  # bench/results/peers.json, docs/benchmarks.md, docs/benchmarks.svg
 *     npm run bench -- --only grpo,ablations         # parts: a case's name (bench/peers/cases.ts), trials, ablations
 *     npm run bench -- --quick                       # whether it all runs, in a minute or two; no figures to speak of
 *
 * With --only or --quick the results go to standard output, or to --out FILE, and the documents stay as they are. The
 * machine should have nothing else to do. --peer-python takes an environment with TRL instead of the one made for it.
 */
const { values: args } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    threads: { type: "string" },
    "peer-python": { type: "string" },
  },
});
const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
const begun = performance.now();
const loadBefore = loadavg()[0] ?? 0;
const threads = Number(args.threads ?? availableParallelism());
const only = args.only?.split(",") ?? null;
const cases = args.quick ? quickCases() : CASES;
const known = ["trials", "ablations", ...cases.map(({ name }) => name)];
const unknown = (only ?? []).filter((name) => !known.includes(name));
if (unknown.length > 0)
  throw new UserError(`no part named ${unknown.join(", ")}: choose among ${known.join(", ")}`, 2);
const wanted = (name: string): boolean => only === null || only.includes(name);

const python = (await ensurePython(say)).executable;
const work = mkdtempSync(path.join(tmpdir(), "chexreason-bench-"));
const peerPython = await peerEnvironment(args["peer-python"], say);
const bench: Bench = { work, threads, say, ours: ourSide(), peer: peerSide(peerPython, threads) };
const models = new Map<number, Promise<Prepared>>();
const failed: { name: string; error: string }[] = [];
try {
  const results = await measure();
  const isWhole = only === null && !args.quick;
  const out = args.out ?? (isWhole ? RESULTS_FILE : null);
  if (out === null) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else await writeJsonAtomic(out, results);
  if (isWhole) await writeBenchmarks(results);
  say(`done in ${results.minutes.toFixed(1)} minutes; ${failed.length} parts failed`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function measure(): Promise<BenchResults> {
  const rates = await machineRates();
  const { trials, ours, peer } = await chooseSettings();
  const comparisons: BenchResults["comparisons"] = [];
  let versions: SideVersions = { ours: {}, peer: {} };
  for (const one of cases.filter(({ name }) => wanted(name)))
    await attempt(one.name, async () => {
      const done = await compare(bench, one, await modelOf(one), {
        ours: ours[one.kind],
        peer: peer[one.kind],
      });
      comparisons.push(done.comparison);
      versions = done.versions;
      const { min, median, max } = done.comparison.ratio;
      say(
        `${one.name}: ${median.toFixed(2)} times the peer's speed (${min.toFixed(2)} to ${max.toFixed(2)})`,
      );
    });
  const ablations: BenchResults["ablations"] = [];
  if (wanted("ablations"))
    for (const saving of SAVINGS)
      for (const given of saving.cases.flatMap((name) => cases.filter((one) => one.name === name)))
        await attempt(`without ${saving.name} in ${given.name}`, async () => {
          const one = { ...given, repetitions: args.quick ? 1 : 2 };
          ablations.push(await ablate(bench, one, await modelOf(one), saving, ours[one.kind]));
        });
  const size = { ...TINY_SPEC, vocabulary: await vocabularyOf(caseOf("sft")) };
  return resultsSchema.parse({
    schema: "chexreason.bench-peers/1",
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    loadBefore,
    threads,
    minutes: (performance.now() - begun) / 60_000,
    versions,
    rates,
    model: size,
    settings: { lora: LORA, sft: SFT, grpo: GRPO, ours, peer },
    trials,
    comparisons,
    ablations,
    times: comparisons.map(timeRow),
    work: comparisons.map((one) => workOf(one, size, rates)),
    failed,
  } satisfies BenchResults);
}

/** Each side's quickest settings at the main sizes; without the trials, the first candidate of each. */
async function chooseSettings() {
  const trials: BenchResults["trials"] = [];
  const ours: Record<string, OurOptions> = {};
  const peer: Record<string, PeerOptions> = {};
  for (const kind of ["sft", "grpo", "generate"] as const) {
    const one = caseOf(kind);
    ours[kind] = OUR_CANDIDATES[kind][0]?.[1] ?? { microBatch: 1 };
    peer[kind] = PEER_CANDIDATES[kind][0]?.[1] ?? { perDevice: 1 };
    if (!wanted("trials") || (args.quick && only === null)) continue;
    await attempt(`trials of ${kind}`, async () => {
      const prepared = await modelOf(one);
      const [us, them] = [
        await tryCandidates(bench, one, prepared, "ours", OUR_CANDIDATES[kind]),
        await tryCandidates(bench, one, prepared, "peer", PEER_CANDIDATES[kind]),
      ];
      ours[kind] = us.chosen;
      peer[kind] = them.chosen;
      trials.push(...us.trials, ...them.trials);
    });
  }
  return {
    trials,
    ours: ours as Record<Case["kind"], OurOptions>,
    peer: peer as Record<Case["kind"], PeerOptions>,
  };
}

/** The case whose name is its kind: the size that the targets speak of. */
function caseOf(kind: Case["kind"]): Case {
  const found = cases.find(({ name }) => name === kind);
  if (found === undefined) throw new Error(`there is no case named ${kind}`);
  return found;
}

/** One model for each size of picture, with pictures and traces for all its cases. */
function modelOf({ pixels }: Case): Promise<Prepared> {
  const made = models.get(pixels) ?? makeModel(pixels);
  models.set(pixels, made);
  return made;
}

async function makeModel(pixels: number): Promise<Prepared> {
  const mine = cases.filter((one) => one.pixels === pixels);
  const pictures = Math.max(
    ...mine.map(({ images, repetitions }) => images * (Math.max(repetitions, 2) + 1)),
  );
  const lengths = [...new Set(mine.filter(({ kind }) => kind === "sft").map(({ tokens }) => tokens))];
  say(`drawing ${pictures} pictures of ${pixels} pixels and the model for them`);
  return prepareModel(path.join(work, `${pixels}`), python, tinyShape(pixels), { pixels, pictures, lengths });
}

async function vocabularyOf(one: Case): Promise<number> {
  const { model } = await modelOf(one);
  const config = JSON.parse(await readFile(path.join(model, "config.json"), "utf8")) as {
    text_config: { vocab_size: number };
  };
  return config.text_config.vocab_size;
}

async function machineRates(): Promise<BenchResults["rates"]> {
  const script = path.join(PACKAGE_ROOT, "bench/peers/machine_rates.py");
  const { stdout } = await promisify(execFile)(python, [script, `${threads}`], { env: pythonVariables() });
  return resultsSchema.shape.rates.parse(JSON.parse(stdout));
}

/** A part that fails is named in the results; the others go on. */
async function attempt(name: string, work_: () => Promise<void>): Promise<void> {
  try {
    await work_();
  } catch (error) {
    failed.push({ name, error: messageOf(error) });
    say(`${name} failed: ${messageOf(error)}`);
  }
}
