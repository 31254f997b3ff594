import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { ensurePython, PACKAGE_ROOT } from "../../src/engine/python-environment.ts";
import { writeJsonLineFile } from "../../src/util/json-line-file.ts";

/** The sizes of a tiny model: the fields of `Spec` in engine/chexengine/tiny_model.py; what is left out keeps its default. */
export type ModelSpec = Readonly<Record<string, number>>;

export interface ModelFolder {
  readonly family: "gemma3" | "qwen2_5_vl";
  readonly spec: ModelSpec;
  /** Texts that the vocabulary is trained on. */
  readonly corpus: readonly string[];
}

/** Writes configuration, tokenizer and processor into `folder`, without weights. */
export async function buildModelFolder({ family, spec, corpus }: ModelFolder, folder: string): Promise<void> {
  const python = await ensurePython((line) => console.error(line));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const corpusFile = `${folder}.corpus.jsonl`;
  const specFile = `${folder}.spec.json`;
  await writeJsonLineFile(
    corpusFile,
    corpus.map((text) => ({ text })),
  );
  await writeFile(specFile, JSON.stringify(spec));
  await promisify(execFile)(
    python.executable,
    [
      "-m",
      "chexengine.tiny_model",
      "--family",
      family,
      "--out",
      folder,
      "--corpus",
      corpusFile,
      "--spec",
      specFile,
    ],
    { cwd: path.join(PACKAGE_ROOT, "engine") },
  );
}
