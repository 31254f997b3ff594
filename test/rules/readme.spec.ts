import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/engine/python-environment.ts";

const readme = readFileSync(path.join(PACKAGE_ROOT, "README.md"), "utf8");
/** Lines of the tree: a path, two spaces or more, half a line of text. */
const tree = [...readme.matchAll(/^ {4}([a-z.][\w./*-]*) {2,}\S/gim)].map((match) => match[1] ?? "");

describe("README", () => {
  it("names only what exists", () => {
    const missing = tree.filter((entry) => !existsSync(path.join(PACKAGE_ROOT, entry.replace(/\*.*$/, ""))));
    expect(tree.length).toBeGreaterThan(15);
    expect(missing).toEqual([]);
  });

  it("names every folder of src", () => {
    const folders = readdirSync(path.join(PACKAGE_ROOT, "src")).map((folder) => `src/${folder}/`);
    expect(folders.filter((folder) => !tree.includes(folder))).toEqual([]);
  });

  it("names both commands as package.json has them", () => {
    const { scripts } = JSON.parse(readFileSync(path.join(PACKAGE_ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    for (const [text, script] of [
      ["npm run demo", "demo"],
      ["npm test", "test"],
    ] as const) {
      expect(readme).toContain(text);
      expect(scripts[script]).toBeDefined();
    }
  });
});
