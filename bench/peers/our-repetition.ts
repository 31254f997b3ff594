import path from "node:path";
import type { Engine } from "../../src/engine/engine.ts";
import { prepareRadiographs } from "../../src/engine/prepare-radiographs.ts";
import { LABELS } from "../../src/labels/label.ts";
import { promptByName } from "../../src/prompts/builtin-prompts.ts";
import { type ChatMessage, promptMessages } from "../../src/prompts/chat-message.ts";
import { type Reward, scoreOf } from "../../src/rewards/reward.ts";
import { trainGrpo } from "../../src/training/grpo.ts";
import { readJsonLines } from "../../src/training/json-lines.ts";
import type { GrpoExample } from "../../src/training/rollout.ts";
import { type SftExample, trainSft } from "../../src/training/sft.ts";
import { seed64 } from "../../src/util/random.ts";
import type { Job, SideResult } from "./job.ts";
import { processorSeconds } from "./processor-seconds.ts";
import { grpoSettings, LORA, type OurOptions, sftSettings } from "./settings.ts";
import { SpanClock } from "./span-clock.ts";
import { splitForward } from "./split-forward.ts";
import { timeParts } from "./time-parts.ts";

type Example = SftExample & GrpoExample;
type Counts = Pick<SideResult, "samples" | "tokens" | "updates" | "loss">;

/** One part of a job: the clock whose spans are the work, and everything the trainers take. */
interface Run {
  readonly clock: SpanClock;
  readonly job: Job;
  readonly examples: readonly Example[];
  readonly runFolder: string;
  readonly options: OurOptions;
}

/** Which verb opens a span: the first of an update or of a rollout. Validation samples greedily, and is not timed. */
const OPENS: Readonly<Record<Job["kind"], (verb: string, given: readonly unknown[]) => boolean>> = {
  sft: (verb) => verb === "zeroGrad",
  grpo: (verb, [request]) => verb === "sample" && (request as { temperature: number }).temperature > 0,
  generate: (verb) => verb === "sample",
};

export function messagesOf(format: string): ChatMessage[] {
  return promptMessages(promptByName(format));
}

/**
 * One repetition of a job on one set of pictures, by the line that a study runs (pictures from files, `trainSft`,
 * `trainGrpo`).
 *
 * Timed: reading and preparing the pictures with a cold cache, tokenizing, and each update (SFT) or rollout with its updates
 * (GRPO) from its first verb to its report. Not timed, since the peer does not do them: making adapters, validation,
 * checkpoints.
 */
export async function repetition(
  engine: Engine,
  job: Job,
  set: number,
  runFolder: string,
  options: OurOptions,
): Promise<SideResult> {
  const { pid } = await engine.describe();
  const clock = new SpanClock(job.splitForward ? splitForward(engine) : engine, OPENS[job.kind], () =>
    processorSeconds(pid),
  );
  const { rows } = job.sets[set] ?? { rows: [] };
  await clock.begin();
  const begun = performance.now();
  const files = rows.map(({ file }) => ({ root: job.images, image: file }));
  const prepared = await prepareRadiographs(clock.engine, files, messagesOf(job.format));
  const reading = (performance.now() - begun) / 1000 - (clock.times().verbs.prepare ?? 0);
  const tokens =
    job.kind === "sft" ? await clock.engine.tokenize(rows.map(({ text }) => text)) : rows.map(() => []);
  clock.end();
  const examples = rows.map(({ id, labels }, index) => ({
    id,
    patient: id,
    handle: prepared[index]?.handle ?? "",
    promptTokens: prepared[index]?.tokens ?? 0,
    truth: labels,
    tokens: tokens[index] ?? [],
  }));
  const counts = await WORK[job.kind]({ clock, job, examples, runFolder, options });
  await clock.settle();
  const { peakMemoryBytes, adapters } = await engine.describe();
  for (const { name } of adapters) await engine.free({ adapter: name });
  for (const { handle } of prepared) await engine.free({ handle });
  const times = clock.times();
  return {
    seconds: times.seconds,
    ...(times.processorSeconds === null ? {} : { processorSeconds: times.processorSeconds }),
    ...counts,
    peakBytes: peakMemoryBytes,
    nodePeakBytes: process.resourceUsage().maxRSS * 1024,
    parts: timeParts(times, reading),
  };
}

const WORK: Readonly<Record<Job["kind"], (run: Run) => Promise<Counts>>> = { sft, grpo, generate };

async function sft({ clock, job, examples, runFolder, options }: Run): Promise<Counts> {
  await trainSft({
    engine: clock.engine,
    runFolder,
    adapter: { kind: "lora", ...LORA },
    train: examples,
    validation: examples.slice(0, 1), // it asks for one at least
    settings: sftSettings(job.epochs, options),
    seed: job.seed,
    onProgress: () => clock.end(),
  });
  const rows = (await readJsonLines(path.join(runFolder, "metrics.jsonl"))) as {
    kind: string;
    loss: number;
  }[];
  const losses = rows.filter(({ kind }) => kind === "step").map(({ loss }) => loss);
  return {
    samples: examples.length * job.epochs,
    updates: losses.length,
    loss: sum(losses) / losses.length,
  };
}

async function grpo({ clock, job, examples, runFolder, options }: Run): Promise<Counts> {
  const promptsPerRollout = setting(job, "promptsPerRollout");
  const updatesPerRollout = setting(job, "updatesPerRollout");
  const lengths: number[] = [];
  const reward: Reward = (rollout) => {
    lengths.push(...rollout.map(({ tokens }) => tokens));
    return { scores: rollout.map(({ text }) => scoreOf({ shareOfE: shareOfE(text) })), state: null };
  };
  await trainGrpo({
    engine: clock.engine,
    runFolder,
    start: job.start,
    train: examples,
    validation: [{ data: "drawn", stated: LABELS, examples: examples.slice(0, 1) }],
    reward,
    answer: promptByName(job.format).answer,
    settings: grpoSettings({ ...sizeOf(job), promptsPerRollout, updatesPerRollout }, options),
    seed: job.seed,
    onProgress: () => clock.end(),
  });
  const updates = (examples.length / promptsPerRollout) * updatesPerRollout;
  return { samples: lengths.length, tokens: sum(lengths), updates };
}

async function generate({ clock, job, examples }: Run): Promise<Counts> {
  const { groupSize, maxTokens } = sizeOf(job);
  const groups = await clock.engine.sample({
    prompts: examples.map(({ handle }, p) => ({
      handle,
      seeds: Array.from({ length: groupSize }, (_, g) => seed64(job.seed, "bench", p, g)),
    })),
    adapter: "",
    temperature: setting(job, "temperature"),
    topP: setting(job, "topP"),
    maxTokens,
  });
  clock.end();
  const completions = groups.flat();
  return { samples: completions.length, tokens: sum(completions.map(({ tokens }) => tokens.length)) };
}

/** The reward of both sides: it must differ between completions, and cost nothing. */
function shareOfE(text: string): number {
  return (text.length - text.replaceAll("e", "").length) / Math.max(1, text.length);
}

function sizeOf(job: Job) {
  return { groupSize: setting(job, "groupSize"), maxTokens: setting(job, "maxTokens") };
}

function setting({ settings }: Job, name: string): number {
  const value = settings[name];
  if (value === undefined) throw new Error(`the job's settings lack ${name}`);
  return value;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
