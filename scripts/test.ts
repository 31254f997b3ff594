// `npm test`: every check of the tree, quick ones first; stops at the first that fails and says which.
// `npm test -- unit` runs one of them by name.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { ensurePython, PACKAGE_ROOT } from "../src/engine/python-environment.ts";

const python = (await ensurePython((line) => process.stderr.write(`chexreason: ${line}\n`))).executable;
const bin = (name: string): string => path.join(PACKAGE_ROOT, "node_modules/.bin", name);
const engine = path.join(PACKAGE_ROOT, "engine");

/** On two cores vitest would take one: it leaves one to its own process, which does little. */
const TWO_FILES = "--maxWorkers=2";

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

const CHECKS: readonly Check[] = [
  { name: "format", command: bin("biome"), args: ["check", "."] },
  { name: "types", command: bin("tsc"), args: ["--noEmit"] },
  {
    name: "python-lint",
    command: python,
    args: ["-m", "ruff", "check", "--no-cache", "--config", "ruff.toml", ".", "../models/calibration"],
    cwd: engine,
  },
  {
    name: "unit",
    command: bin("vitest"),
    args: ["run", "--project", "rules", "--project", "unit", TWO_FILES],
  },
  {
    name: "engine",
    command: python,
    args: ["-m", "pytest", "-q", "-p", "no:cacheprovider", ".", "../models/calibration"],
    cwd: engine,
  },
  { name: "engine-client", command: bin("vitest"), args: ["run", "--project", "engine"] },
  { name: "end-to-end", command: bin("vitest"), args: ["run", "--project", "line", TWO_FILES] },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !CHECKS.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `no check named ${unknown.join(", ")}: choose among ${CHECKS.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}
for (const check of CHECKS) {
  if (asked.length > 0 && !asked.includes(check.name)) continue;
  console.error(`chexreason: checking ${check.name}`);
  const begun = performance.now();
  const { status } = spawnSync(check.command, [...check.args], {
    cwd: check.cwd ?? PACKAGE_ROOT,
    stdio: "inherit",
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  if (status !== 0) {
    console.error(`chexreason: ${check.name} failed after ${seconds} s`);
    process.exit(1);
  }
  console.error(`chexreason: ${check.name} passed in ${seconds} s`);
}
