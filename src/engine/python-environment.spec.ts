import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { ensurePython, PACKAGE_ROOT, placeEnvironment } from "./python-environment.ts";
import { OLDEST_PACKAGES } from "./python-packages.ts";

const root = scratchFolder();
const silent = () => {};

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A program that answers the question for versions as a Python with these packages would. */
function pythonWith(name: string, versions: Record<string, string | null>): string {
  const file = path.join(root, name);
  writeFileSync(file, `#!/bin/sh\necho '${JSON.stringify(versions)}'\n`, { mode: 0o755 });
  return file;
}

describe("placeEnvironment", () => {
  it("lies in the cache folder, keyed by the lock file, complete only once it is marked", async () => {
    vi.stubEnv("CHEXREASON_PYTHON", "");
    vi.stubEnv("XDG_CACHE_HOME", path.join(root, "cache"));
    const place = await placeEnvironment();
    const folder = place.folder ?? "";
    expect(path.dirname(folder)).toBe(path.join(root, "cache/chexreason"));
    expect(path.basename(folder)).toMatch(/^python-[0-9a-f]{12}$/);
    expect(path.dirname(path.dirname(place.executable))).toBe(folder);
    expect(place).toMatchObject({ origin: "locked", isComplete: false });
    expect(existsSync(path.join(root, "cache"))).toBe(false);

    mkdirSync(folder, { recursive: true });
    expect(await placeEnvironment()).toEqual(place);
    writeFileSync(path.join(folder, "complete"), "");
    expect(await placeEnvironment()).toEqual({ ...place, isComplete: true });
    expect(await ensurePython(silent)).toEqual({ executable: place.executable, origin: "locked" });
  });

  it("is the user's own where CHEXREASON_PYTHON says so", async () => {
    vi.stubEnv("CHEXREASON_PYTHON", "/opt/cuda/bin/python");
    expect(await placeEnvironment()).toEqual({
      executable: "/opt/cuda/bin/python",
      origin: "CHEXREASON_PYTHON",
      folder: null,
      isComplete: true,
    });
  });
});

describe.skipIf(process.platform === "win32")("ensurePython with CHEXREASON_PYTHON", () => {
  const enough = { python: "3.12.3", ...OLDEST_PACKAGES };

  it("takes one that has everything, and makes nothing", async () => {
    const cache = path.join(root, "untouched");
    mkdirSync(cache);
    vi.stubEnv("XDG_CACHE_HOME", cache);
    const executable = pythonWith("whole", enough);
    vi.stubEnv("CHEXREASON_PYTHON", executable);
    expect(await ensurePython(silent)).toEqual({ executable, origin: "CHEXREASON_PYTHON" });
    expect(readdirSync(cache)).toEqual([]);
  });

  it("names what one lacks", async () => {
    const executable = pythonWith("poor", { ...enough, torch: "2.4.0+cu124", peft: null });
    vi.stubEnv("CHEXREASON_PYTHON", executable);
    await expect(ensurePython(silent)).rejects.toMatchObject({
      exitCode: 3,
      message: `CHEXREASON_PYTHON=${executable} lacks torch >= 2.11 (has 2.4.0+cu124), peft >= 0.21 (has none): install them there`,
    });
  });

  it("names one that is missing", async () => {
    vi.stubEnv("CHEXREASON_PYTHON", "/nowhere/python");
    await expect(ensurePython(silent)).rejects.toMatchObject({
      exitCode: 3,
      message:
        "CHEXREASON_PYTHON: /nowhere/python cannot be run as Python (spawn /nowhere/python ENOENT): give the path of a Python",
    });
  });
});

describe("PACKAGE_ROOT", () => {
  it("holds package.json and the engine", () => {
    expect(existsSync(path.join(PACKAGE_ROOT, "package.json"))).toBe(true);
    expect(existsSync(path.join(PACKAGE_ROOT, "engine/requirements.lock"))).toBe(true);
  });
});
