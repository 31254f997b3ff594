import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";
import { pythonVariables } from "../../src/engine/python-variables.ts";
import { promptByName } from "../../src/prompts/builtin-prompts.ts";
import { type Drawn, drawData } from "./draw-data.ts";
import type { Job } from "./job.ts";
import { FORMAT, LORA, SEED, TINY_SPEC, visualTokens } from "./settings.ts";

const run = promisify(execFile);

/** What model to make: sizes by the names of chexengine.tiny_model's `Spec`. */
export interface Shape {
  readonly family: "gemma3" | "qwen2_5_vl";
  readonly spec: Readonly<Record<string, number>>;
  /** Values of config.json that the specification has no name for. */
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly dtype: Job["dtype"];
  readonly endOfTurn: string;
}

/** The tiny Gemma 3 for pictures of that size. */
export function tinyShape(pixels: number): Shape {
  return {
    family: "gemma3",
    spec: { ...TINY_SPEC, image_size: pixels, visual_tokens: visualTokens(pixels) },
    overrides: {},
    dtype: "float32",
    endOfTurn: "<end_of_turn>",
  };
}

/** A model for pictures of one size, with those pictures and their traces; both sides read the same files. */
export interface Prepared {
  readonly shape: Shape;
  readonly model: string;
  readonly start: string;
  readonly images: string;
  readonly drawn: readonly Drawn[];
  /** Each picture's trace, by length in tokens. */
  readonly traces: ReadonlyMap<number, readonly string[]>;
}

/** Draws the pictures and makes the model with the engine's own Python. */
export async function prepareModel(
  folder: string,
  python: string,
  shape: Shape,
  { pixels, pictures, lengths }: { pixels: number; pictures: number; lengths: readonly number[] },
): Promise<Prepared> {
  await mkdir(folder, { recursive: true });
  const images = path.join(folder, "images");
  const drawn = await drawData(images, pictures, pixels);
  const { family, spec, overrides, dtype } = shape;
  const request = {
    family,
    spec,
    overrides,
    dtype,
    seed: SEED,
    texts: drawn.map(({ text }) => text),
    prompt: promptByName(FORMAT).text,
    lengths,
    lora: LORA,
  };
  await writeFile(path.join(folder, "request.json"), JSON.stringify(request));
  const script = path.join(PACKAGE_ROOT, "bench/peers/make_model.py");
  await run(python, [script, folder], { env: pythonVariables() });
  const traces = JSON.parse(await readFile(path.join(folder, "traces.json"), "utf8")) as Record<
    string,
    string[]
  >;
  return {
    shape,
    model: path.join(folder, "model"),
    start: path.join(folder, "start"),
    images,
    drawn,
    traces: new Map(Object.entries(traces).map(([length, texts]) => [Number(length), texts])),
  };
}
