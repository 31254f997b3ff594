import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { PACKAGE_ROOT } from "../../src/engine/package-root.ts";
import { pythonVariables } from "../../src/engine/python-variables.ts";
import { promptByName } from "../../src/prompts/builtin-prompts.ts";
import { type Drawn, drawData } from "./draw-data.ts";
import { FORMAT, LORA, SEED, TINY_SPEC, visualTokens } from "./settings.ts";

const run = promisify(execFile);

/** A model for pictures of one size, with those pictures and their traces; both sides read the same files. */
export interface Prepared {
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
  { pixels, pictures, lengths }: { pixels: number; pictures: number; lengths: readonly number[] },
): Promise<Prepared> {
  await mkdir(folder, { recursive: true });
  const images = path.join(folder, "images");
  const drawn = await drawData(images, pictures, pixels);
  const request = {
    spec: { ...TINY_SPEC, image_size: pixels, visual_tokens: visualTokens(pixels) },
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
    model: path.join(folder, "model"),
    start: path.join(folder, "start"),
    images,
    drawn,
    traces: new Map(Object.entries(traces).map(([length, texts]) => [Number(length), texts])),
  };
}
