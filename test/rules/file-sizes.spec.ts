import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/engine/python-environment.ts";
import { sourceFiles } from "./source-files.ts";

/** One idea a file: past this many lines there are two. */
const MOST_LINES = 400;

describe("source files", () => {
  it(`have at most ${MOST_LINES} lines`, () => {
    const long = sourceFiles()
      .map((file) => ({
        file,
        lines: readFileSync(path.join(PACKAGE_ROOT, file), "utf8").split("\n").length,
      }))
      .filter(({ lines }) => lines > MOST_LINES);
    expect(long).toEqual([]);
  });

  it("hold no pickle and run no remote code", () => {
    const forbidden = /import pickle|torch\.(?:load|save)\(|allow_pickle|trust_remote_code\s*=\s*True/;
    const wrong = sourceFiles()
      .filter((file) => file.endsWith(".py"))
      .filter((file) => forbidden.test(readFileSync(path.join(PACKAGE_ROOT, file), "utf8")));
    expect(wrong).toEqual([]);
  });
});
