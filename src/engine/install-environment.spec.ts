import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { installEnvironment } from "./install-environment.ts";

const root = scratchFolder();
const LOCK_FILE = path.join(root, "requirements.lock");
writeFileSync(LOCK_FILE, "torch==2.13.0\n");

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A PATH of one folder, whose Pythons are shell scripts: they answer as pip and venv do, and install nothing. */
function usePythons(name: string, scripts: Record<string, string>): string {
  const bin = path.join(root, name, "bin");
  mkdirSync(bin, { recursive: true });
  for (const [command, body] of Object.entries(scripts))
    writeFileSync(path.join(bin, command), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", bin);
  return path.join(root, name, "env");
}

const install = (folder: string, said: string[] = [], neededBytes = 0) => {
  const executable = path.join(folder, "bin/python");
  return installEnvironment(folder, executable, LOCK_FILE, (line) => said.push(line), neededBytes);
};

/** Answers the version question; makes a virtual environment whose Python does `pip`. */
const working = (pip: string) => `
case "$2" in
  "import sys, venv"*) echo 3 11 ;;
  venv) /bin/mkdir -p "$3/bin"; /bin/cp "$0" "$3/bin/python" ;;
  pip) if [ "$3" = config ]; then exit 0; fi; ${pip} ;;
esac`;

describe.skipIf(process.platform === "win32")("installEnvironment", () => {
  it("makes the environment, marks it whole last, and does nothing the second time", async () => {
    const folder = usePythons("good", { "python3.11": working(`echo "$@" > "\${0%/*}/asked"`) });
    const said: string[] = [];
    await install(folder, said);
    expect(said).toEqual([expect.stringContaining(`installing the Python environment into ${folder}`)]);
    expect(readFileSync(path.join(folder, "bin/asked"), "utf8")).toContain(`-r ${LOCK_FILE}`);
    expect(existsSync(path.join(folder, "complete"))).toBe(true);
    expect(existsSync(`${folder}.lock`)).toBe(false);
    await install(folder, said);
    expect(said).toHaveLength(1);
  });

  it("begins anew over half an installation", async () => {
    const folder = usePythons("half", { python3: working("exit 0") });
    mkdirSync(folder);
    writeFileSync(path.join(folder, "old"), "");
    await install(folder);
    expect(existsSync(path.join(folder, "old"))).toBe(false);
    expect(existsSync(path.join(folder, "complete"))).toBe(true);
  });

  it("says which Pythons there are when none fits", async () => {
    await expect(install(usePythons("none", {}))).rejects.toThrow(
      "Python 3.11 to 3.13 with venv is needed (none found): install it, or set CHEXREASON_PYTHON",
    );
    const old = usePythons("old", { python3: "echo 3 9", python: "echo 3 14" });
    await expect(install(old)).rejects.toThrow("(python3 is 3.9, python is 3.14)");
    expect(existsSync(`${old}.lock`)).toBe(false);
  });

  it("explains a full disk, keeps pip's output and leaves the installation unmarked", async () => {
    const full = "echo 'OSError: [Errno 28] No space left on device' >&2; exit 1";
    const folder = usePythons("full", { "python3.12": working(full) });
    await expect(install(folder)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/disk is full.*env\.log/),
    });
    expect(readFileSync(`${folder}.log`, "utf8")).toContain("Errno 28");
    expect(existsSync(path.join(folder, "complete"))).toBe(false);
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });

  it("explains it even when the log cannot be written", async () => {
    const folder = usePythons("fuller", { "python3.12": working("echo 'No space left on device'; exit 1") });
    mkdirSync(`${folder}.log`); // no file can take this name
    await expect(install(folder)).rejects.toThrow(/disk is full(?!.*whole output)/);
  });

  it("explains a Python without venv", async () => {
    const folder = usePythons("bare", {
      python3: `case "$2" in venv) echo 'ensurepip is not available' ; exit 1 ;; *) echo 3 13 ;; esac`,
    });
    await expect(install(folder)).rejects.toThrow("apt install python3-venv");
  });

  it("refuses a disk that is too small before it installs anything", async () => {
    const folder = usePythons("small", { python3: working("exit 0") });
    const said: string[] = [];
    await expect(install(folder, said, 1e18)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/GB free in .*small, 1000000000 GB needed.*XDG_CACHE_HOME/),
    });
    expect(said).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });
});
