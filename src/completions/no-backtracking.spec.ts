import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Regular expressions of a line of code; none in this folder stands after anything but these. */
const LITERAL = /(?<=[(,=!:?&|]\s*)\/(?![/*])((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[\n])+)\/[a-z]*/g;

/** Without classes and escapes, so that what is left of the quantifiers is quantifiers. */
const bare = (source: string) => source.replace(/\\./g, "x").replace(/\[[^\]]*\]/g, "x");

/**
 * Whether a search by the expression can go back over what it has read. It cannot where a quantifier without a bound
 * stands only at the very end, after one character or class: once there, every match succeeds.
 */
const canBacktrack = (source: string) => /[*+]|\{\d+,\}/.test(bare(source).replace(/x[*+]$/, ""));

describe("regular expressions of the parser", () => {
  const files = readdirSync(HERE).filter((file) => file.endsWith(".ts") && !file.endsWith(".spec.ts"));
  const found = files.flatMap((file) =>
    [...readFileSync(path.join(HERE, file), "utf8").matchAll(LITERAL)].map(([, source = ""]) => source),
  );

  it("cannot backtrack, so that a search is linear", () => {
    expect(found).toContain("\\s+");
    expect(found).toContain("<(\\/?(?:think|solution))>");
    expect(found.length).toBeGreaterThanOrEqual(9);
    expect(found.filter(canBacktrack)).toEqual([]);
  });

  it("would be caught if they could", () => {
    for (const source of ["(a+)+$", "\\s+$", "<.*>", "a{2,}b", "[ab]+c"])
      expect(canBacktrack(source)).toBe(true);
    for (const source of ["\\s+", "[,;\\r\\n]", "^\\d{1,2}[.)]", "a[*+]b"])
      expect(canBacktrack(source)).toBe(false);
  });
});
