import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { isOlder, OLDEST_PACKAGES, packageFaults, packageVersions } from "./python-packages.ts";

const root = scratchFolder();
const enough = { python: "3.11.0", ...OLDEST_PACKAGES };

describe("isOlder", () => {
  it.each([
    ["2.11", "2.11", false],
    ["2.9.1", "2.11", true],
    ["2.11.0", "2.11", false],
    ["2", "2.11", true],
    ["3", "2.11", false],
    ["2.13.0+cpu", "2.11", false],
    ["2.4.0+cu124", "2.11", true],
    ["2.11.0rc1", "2.11", false],
    ["0.5", "0.5.1", true],
    ["0.5+cpu.9", "0.5.1", true],
    ["10.4.0", "11.0", true],
  ])("%s against %s: %s", (version, oldest, answer) => {
    expect(isOlder(version, oldest)).toBe(answer);
  });
});

describe("packageFaults", () => {
  it("is empty when everything is new enough", () => {
    expect(packageFaults(enough)).toEqual([]);
    expect(packageFaults({ ...enough, python: "3.14.1", torch: "3.0" })).toEqual([]);
  });

  it("names what is missing or too old, with what is there", () => {
    expect(packageFaults({ ...enough, python: "3.9.2", torch: "2.4.0+cu124", peft: null })).toEqual([
      "python >= 3.11 (has 3.9.2)",
      "torch >= 2.11 (has 2.4.0+cu124)",
      "peft >= 0.21 (has none)",
    ]);
    expect(packageFaults({})).toHaveLength(Object.keys(enough).length);
  });
});

describe.skipIf(process.platform === "win32")("packageVersions", () => {
  function script(name: string, body: string): string {
    const file = path.join(root, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  it.each([
    ["is missing", path.join(root, "nowhere/python"), "ENOENT"],
    ["is a folder", root, "EACCES"],
    ["fails silently", script("silent", "exit 1"), "Command failed"],
    [
      "fails and says why",
      script("fails", "printf 'Traceback:\\nImportError: why\\n' >&2; exit 1"),
      "(ImportError: why)",
    ],
    ["is another program", script("other", "echo hello"), "prints no versions"],
    ["prints something else as JSON", script("json", "echo '[1]'"), "prints no versions"],
  ])("names an executable that %s, in one line", async (_, executable, part) => {
    const failure = packageVersions(executable);
    await expect(failure).rejects.toMatchObject({ name: "UserError", exitCode: 3 });
    await expect(failure).rejects.toThrow(`${executable} cannot be run as Python (`);
    await expect(failure).rejects.toThrow(part);
    await expect(failure).rejects.not.toThrow("\n");
  });

  it("reads past what start-up files print", async () => {
    const noisy = script("noisy", `echo 'site: hello'; echo '${JSON.stringify(enough)}'`);
    expect(await packageVersions(noisy)).toEqual(enough);
  });
});
