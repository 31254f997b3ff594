import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { PACKAGE_ROOT } from "../../src/engine/python-environment.ts";

/** Files of the tree that git tracks or would track, relative to the root, with forward slashes. */
export function treeFiles(): string[] {
  const output = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: PACKAGE_ROOT,
    encoding: "utf8",
  });
  return [...new Set(output.split("\n"))].filter(
    (file) => file !== "" && existsSync(path.join(PACKAGE_ROOT, file)),
  );
}

/** The hand-written sources among them. */
export function sourceFiles(): string[] {
  return treeFiles().filter((file) => /\.(ts|js|py|c|h)$/.test(file) && !/(^|\/)gen\//.test(file));
}
