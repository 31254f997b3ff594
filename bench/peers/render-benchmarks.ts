import { describeCase } from "./describe-case.ts";
import type { BenchResults, Comparison } from "./results-schema.ts";
import { PARTS } from "./time-parts.ts";

/** docs/benchmarks.md, from the results alone: every figure in it is one of theirs. */
export function renderBenchmarks(results: BenchResults): string {
  const { comparisons } = results;
  return [
    "# Benchmarks against peers",
    "",
    "Written by `npm run bench` from `bench/results/peers.json`; a check of `npm test` holds it to that file. It wants",
    "the machine for itself: on two cores, for some 17 minutes.",
    "",
    ...machine(results),
    "",
    "![How many times the peers' speed, by case](benchmarks.svg)",
    "",
    "## Against TRL and transformers",
    "",
    "Medians over repetitions; a ratio is formed within each repetition, in brackets the smallest and the largest. Memory is",
    "the highest of a process over its life: ours of the engine and of Node together.",
    "",
    ...comparisonTable(comparisons),
    "",
    ...sampling(comparisons),
    ...slower(comparisons),
    "",
    "## Both sides' settings",
    "",
    "Each side's own settings are the quickest of those tried at the main sizes in the same run:",
    "",
    ...trialTable(results),
    "",
    "## What each saving saves",
    "",
    "Our line without one saving, against our line with all of them, in turn; what torch does instead of the kernels, without",
    "these on both sides.",
    "",
    ...ablationTable(results),
    "",
    "## Where the time goes",
    "",
    "Shares of our line's seconds. Transport is what waiting for the engine took beyond its computing.",
    "",
    ...timeTable(results),
    "",
    "## Useful work against the machine",
    "",
    "Useful FLOPs: 2N a token forward and 2N backward (LoRA on a frozen base: 4N a trained token), a prompt once for its",
    "completions, a picture once; attention's scores are not counted. Decoding must read all weights once a step and each",
    "row's keys and values. Shares are of the rates measured in the same run.",
    "",
    ...workTable(results),
    "",
    ...METHOD,
    "",
  ].join("\n");
}

function machine({
  machine: name,
  date,
  threads,
  loadBefore,
  rates,
  versions,
  model,
  minutes,
}: BenchResults): string[] {
  const list = (given: Readonly<Record<string, string>>) =>
    Object.entries(given)
      .map(([what, version]) => `${what} ${version}`)
      .join(", ");
  return [
    `${date}, ${name}, ${threads} threads on each side, float32, load ${loadBefore.toFixed(1)} before the run, ` +
      `${minutes.toFixed(0)} minutes. Matrix products: ${(rates.flops / 1e9).toFixed(0)} GFLOP/s; copies: ` +
      `${(rates.bytes / 1e9).toFixed(1)} GB/s. Ours: ${list(versions.ours)}. The peer's: ${list(versions.peer)}. ` +
      `Gemma 3, ${model.layers} layers, ${model.hidden} wide, tower of ${model.vision_layers} layers, ` +
      `${model.vision_hidden} wide, ${model.vocabulary} tokens, weights drawn.`,
  ];
}

function comparisonTable(comparisons: readonly Comparison[]): string[] {
  return table(
    ["case", "ours, s a sample", "the peer's", "times its speed", "memory, ours", "the peer's"],
    comparisons.map((one) => [
      describeCase(one),
      one.ourSecondsPerSample.median.toFixed(3),
      one.peerSecondsPerSample.median.toFixed(3),
      spread(one.ratio),
      megabytes(one.ourPeakBytes),
      megabytes(one.peerPeakBytes),
    ]),
  );
}

function sampling(comparisons: readonly Comparison[]): string[] {
  const rows = comparisons.flatMap((one) =>
    one.ourTokensPerSecond === null || one.peerTokensPerSecond === null
      ? []
      : [[describeCase(one), one.ourTokensPerSecond.toFixed(0), one.peerTokensPerSecond.toFixed(0)]],
  );
  return rows.length === 0
    ? []
    : [
        "Tokens a second, pictures and prompts included:",
        "",
        ...table(["case", "ours", "transformers' generate"], rows),
        "",
      ];
}

/** Said in words, so that nobody has to look for it. */
function slower(comparisons: readonly Comparison[]): string[] {
  const names = comparisons.filter(({ ratio }) => ratio.median < 1).map(describeCase);
  const heavier = comparisons
    .filter(({ ourPeakBytes, peerPeakBytes }) => ourPeakBytes > peerPeakBytes)
    .map(describeCase);
  return [
    names.length === 0 ? "No case is slower than the peer." : `Slower than the peer: ${names.join("; ")}.`,
    heavier.length === 0 ? "No case takes more memory." : `More memory than the peer: ${heavier.join("; ")}.`,
  ];
}

function trialTable({ trials }: BenchResults): string[] {
  return table(
    ["trainer", "side", "setting", "seconds"],
    trials.map(({ kind, side, name, seconds, fault, isChosen }) => [
      kind,
      side === "ours" ? "ours" : "the peer's",
      isChosen ? `**${name}**` : name,
      seconds === null ? `does not work: ${(fault ?? "").replaceAll("|", "/")}` : seconds.toFixed(2),
    ]),
  );
}

function ablationTable({ ablations }: BenchResults): string[] {
  return table(
    ["without", "in", "times the seconds", "engine's memory with, without"],
    ablations.map((one) => [
      one.name,
      one.case,
      spread(one.slowdown),
      `${megabytes(one.peakBytesWithAll)}, ${megabytes(one.peakBytesWithout)}`,
    ]),
  );
}

function timeTable({ times, comparisons }: BenchResults): string[] {
  const shown = times.filter(({ case: name }) => comparisons.some((one) => one.name === name));
  const total = (seconds: Readonly<Record<string, number>>) =>
    Object.values(seconds).reduce((sum, value) => sum + value, 0);
  return table(
    ["case", ...PARTS],
    shown.map(({ case: name, seconds }) => [
      name,
      ...PARTS.map((part) => `${((100 * (seconds[part] ?? 0)) / total(seconds)).toFixed(1)} %`),
    ]),
  );
}

function workTable({ work }: BenchResults): string[] {
  const percent = (value: number | null) => (value === null ? "" : `${(100 * value).toFixed(1)} %`);
  return table(
    ["case", "useful GFLOP", "of the matrix rate, ours", "the peer's", "decoding, of the memory rate"],
    work.map((row) => [
      row.case,
      (row.flops / 1e9).toFixed(1),
      percent(row.ourMatrixShare),
      percent(row.peerMatrixShare),
      percent(row.ourMemoryShare),
    ]),
  );
}

const METHOD = [
  "## How it is measured",
  "",
  "- Both sides read the same model folder, the same first LoRA (rank 16, on the language model), the same PNG files and",
  "  traces, in the same order, with the same batch, updates and loss. SFT's mean losses agree (`lossDifference` in the",
  "  results); GRPO samples other tokens on each side, of the same number.",
  "- Drawn weights would end a turn now and then; the special tokens' rows of the embedding point away from every hidden",
  "  state, so that no completion ends early on either side (`bench/peers/make_model.py`).",
  "- Two processes stand side by side and work in turn; each repetition has pictures of its own, so that the feature cache is",
  "  cold. One repetition on each side before is not counted.",
  "- Ours is the line that a study runs: Node reads the pictures, and `trainSft` and `trainGrpo` drive the engine's process.",
  "  Reading, tower and tokenizing count; making adapters, validation and checkpoints, which the peer does not do, do not.",
  "- The peer's clock runs from `on_train_begin` to `on_train_end`. Gradient checkpointing is off; models, trainers and data",
  "  sets are made before.",
  "- Not measured: TRL with vLLM, which needs a GPU; anything on a GPU (`npm run bench:gpu` is there for one).",
];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

const spread = ({ min, median, max }: Comparison["ratio"]): string =>
  `${median.toFixed(2)} [${min.toFixed(2)}, ${max.toFixed(2)}]`;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
