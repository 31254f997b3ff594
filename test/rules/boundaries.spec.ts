import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/engine/python-environment.ts";
import { sourceFiles } from "./source-files.ts";

/** The pipeline. A folder may import from those before it, never from those after it. */
const ORDER = [
  "util",
  "labels",
  "images",
  "datasets",
  "cohort",
  "prompts",
  "completions",
  "engine",
  "teacher",
  "rewards",
  "evaluation",
  "training",
  "report",
  "study",
  "cli",
];
const IMPORT = /(?:from|import\()\s*"(\.[^"]+)"/g;

/** `src/a/x.ts` imports from `src/b`: the pairs (a, b). */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(PACKAGE_ROOT, file), "utf8");
  return [...text.matchAll(IMPORT)].flatMap(([, target]) => {
    const resolved = path.posix.normalize(path.posix.join(path.posix.dirname(file), target ?? ""));
    const [top, folder] = resolved.split("/");
    return top === "src" && folder !== undefined ? [folder] : [];
  });
}

describe("boundaries between folders", () => {
  const files = sourceFiles().filter((file) => /^src\/[^/]+\/.*\.ts$/.test(file));

  it("knows every folder", () => {
    const folders = new Set(files.map((file) => file.split("/")[1]));
    expect([...folders].filter((folder) => !ORDER.includes(folder ?? ""))).toEqual([]);
  });

  it("lets imports go up the pipeline only", () => {
    const wrong = files.flatMap((file) => {
      const own = ORDER.indexOf(file.split("/")[1] ?? "");
      return importsOf(file)
        .filter((folder) => ORDER.indexOf(folder) > own)
        .map((folder) => `${file} imports from src/${folder}`);
    });
    expect(wrong).toEqual([]);
  });

  it("sees an import that goes down", () => {
    // The rule itself, on a line of the kind it must catch.
    const found = [...'import { x } from "../cli/x.ts";'.matchAll(IMPORT)].map((match) => match[1]);
    expect(found).toEqual(["../cli/x.ts"]);
  });
});
