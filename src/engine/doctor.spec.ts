import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { examine, renderDoctor, reportOf } from "./doctor.ts";
import type { DoctorCheck } from "./doctor-check.ts";
import { deviceCheck, kernelsCheck } from "./doctor-engine.ts";
import { checkNode, checkNodeModules } from "./doctor-installation.ts";
import { checkDisk, checkMemory } from "./doctor-machine.ts";
import { OLDEST_PACKAGES } from "./python-packages.ts";

// Of a machine where something is missing or does not fit. A sound one: doctor.engine.spec.ts.

const root = scratchFolder();
afterEach(() => {
  vi.unstubAllEnvs();
});

const outcomesOf = (report: Awaited<ReturnType<typeof examine>>) =>
  Object.fromEntries(report.checks.map(({ name, outcome }) => [name, outcome]));
const checkOf = (report: Awaited<ReturnType<typeof examine>>, wanted: string) =>
  report.checks.find(({ name }) => name === wanted);

describe("examine", () => {
  it("finds a missing environment, says how to make it, and makes nothing", async () => {
    const cache = path.join(root, "cache");
    vi.stubEnv("XDG_CACHE_HOME", cache);
    vi.stubEnv("CHEXREASON_PYTHON", "");
    const report = await examine({ folder: root });
    expect(report).toMatchObject({ schema: "chexreason.doctor/1", ok: false });
    expect(checkOf(report, "python")).toMatchObject({
      outcome: "fault",
      detail: expect.stringContaining(path.join(cache, "chexreason/python-")),
      remedy: "npm run setup",
    });
    expect(checkOf(report, "engine")).toMatchObject({ outcome: "fault", remedy: "npm run setup" });
    expect(outcomesOf(report)).toMatchObject({ node: "ok", device: "warning" });
    expect(existsSync(cache)).toBe(false);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("finds a Python of the user's that is missing", async () => {
    vi.stubEnv("CHEXREASON_PYTHON", path.join(root, "nowhere"));
    const report = await examine({ folder: root });
    expect(checkOf(report, "python")).toMatchObject({
      outcome: "fault",
      detail: expect.stringMatching(/^your own \(CHEXREASON_PYTHON\): .*nowhere cannot be run as Python/),
      remedy: expect.stringContaining("correct CHEXREASON_PYTHON"),
    });
    expect(report.ok).toBe(false);
  });

  describe.skipIf(process.platform === "win32")("with programs in Python's place", () => {
    const python = (name: string, versions: object, engine: string): string => {
      const file = path.join(root, name);
      const script = `if [ "$2" = chexengine ]; then ${engine}; fi\necho '${JSON.stringify(versions)}'`;
      writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return file;
    };

    it("finds what one lacks, and starts no engine in it", async () => {
      const started = path.join(root, "started");
      const versions = { ...OLDEST_PACKAGES, python: "3.12.1", torch: "2.0.0" };
      vi.stubEnv("CHEXREASON_PYTHON", python("old", versions, `echo > "${started}"`));
      const report = await examine({ folder: root });
      expect(checkOf(report, "python")).toMatchObject({
        outcome: "fault",
        detail: expect.stringContaining("lacks torch >= 2.11 (has 2.0.0)"),
        remedy: expect.stringContaining("install them there"),
      });
      expect(outcomesOf(report)).toMatchObject({ engine: "fault", device: "warning" });
      expect(existsSync(started)).toBe(false);
    });

    it("finds an engine that does not start, and hears its log", async () => {
      const versions = { ...OLDEST_PACKAGES, python: "3.12.1" };
      const broken = "echo 'ImportError: libcudart.so.12' >&2; exit 1";
      vi.stubEnv("CHEXREASON_PYTHON", python("broken", versions, broken));
      const lines: string[] = [];
      const report = await examine({ folder: root, log: (line) => lines.push(line) });
      expect(checkOf(report, "python")?.outcome).toBe("ok");
      expect(checkOf(report, "engine")).toEqual({
        name: "engine",
        outcome: "fault",
        detail: "the engine ended with exit code 1: ImportError: libcudart.so.12",
        remedy: "correct CHEXREASON_PYTHON, or unset it to use the locked environment",
      });
      expect(lines).toEqual(["ImportError: libcudart.so.12"]);
      expect(report.ok).toBe(false);
    });
  });
});

describe("checkNode", () => {
  it.each([
    ["20.19.0", "ok"],
    ["22.3.1", "ok"],
    ["20.18.3", "fault"],
    ["18.20.8", "fault"],
  ])("of %s: %s", (version, outcome) => {
    expect(checkNode(version)).toMatchObject({ outcome, detail: expect.stringContaining(version) });
  });
});

describe("checkNodeModules", () => {
  const stamp = (name: string, content: string | null): string => {
    const clone = path.join(root, name);
    mkdirSync(path.join(clone, "node_modules"), { recursive: true });
    writeFileSync(path.join(clone, "package-lock.json"), "{}");
    if (content !== null) writeFileSync(path.join(clone, "node_modules/.chexreason-lock"), content);
    return clone;
  };
  const fresh = createHash("sha256").update("{}").digest("hex");

  it.each([
    ["fresh", "ok", fresh],
    ["stale", "fault", fresh.replace(/^./, "x")],
    ["missing", "warning", null],
  ])("a stamp that is %s: %s", (name, outcome, content) => {
    const check = checkNodeModules(stamp(name, content));
    expect(check.outcome).toBe(outcome);
    expect(check.remedy).toBe(outcome === "ok" ? undefined : "npm run setup");
  });

  it("an installed package has no lock file and needs none", () => {
    expect(checkNodeModules(path.join(root, "package"))).toMatchObject({ outcome: "ok" });
  });
});

describe("checkDisk", () => {
  it("looks where a folder would lie", async () => {
    const check = await checkDisk("disk", path.join(root, "not/yet"), 1, "go away");
    expect(["ok", "warning"]).toContain(check.outcome); // by the free space here
    expect(check.detail).toMatch(/^\d+\.\d GB free in .*not\/yet$/);
  });

  it("finds too little", async () => {
    expect(await checkDisk("disk", root, 1e18, "go away")).toMatchObject({
      outcome: "fault",
      detail: expect.stringContaining("1000000000.0 GB needed"),
      remedy: "free some, or go away",
    });
  });

  it("finds a folder that cannot be", async () => {
    const file = path.join(root, "file");
    writeFileSync(file, "");
    const check = { detail: expect.stringContaining("cannot be written"), remedy: "go away" };
    expect(await checkDisk("disk", path.join(file, "folder"), 1, "go away")).toMatchObject({
      ...check,
      outcome: "fault",
    });
    expect(await checkDisk("disk", path.join(file, "folder"), 0, "go away")).toMatchObject({
      ...check,
      outcome: "warning",
    });
  });
});

describe("checkMemory", () => {
  it.each([
    [16e9, 8e9, 4, "ok", "16.0 GB of memory, 8.0 GB free; 4 cores"],
    [16e9, 0.5e9, 1, "warning", "16.0 GB of memory, 0.5 GB free; 1 core"],
    [1.5e9, 1.2e9, 2, "warning", "1.5 GB of memory, 1.2 GB free; 2 cores"],
  ])("of %d bytes, %d free, %d cores: %s", (total, free, cores, outcome, detail) => {
    expect(checkMemory(total, free, cores)).toMatchObject({ name: "memory", outcome, detail });
  });
});

describe("deviceCheck", () => {
  it("warns of a GPU that torch does not use", () => {
    expect(deviceCheck("cpu", false)).toMatchObject({ outcome: "ok" });
    expect(deviceCheck("cpu", true)).toMatchObject({
      outcome: "warning",
      remedy: expect.stringContaining("CHEXREASON_PYTHON"),
    });
    expect(deviceCheck("cuda:0 NVIDIA H100", true, 4).detail).toBe(
      "cuda:0 NVIDIA H100, one of 4 GPUs: model.ranks 4 uses them all",
    );
    expect(deviceCheck("cuda:0 NVIDIA H100", true)).toEqual({
      name: "device",
      outcome: "ok",
      detail: "cuda:0 NVIDIA H100",
    });
  });
});

describe("reportOf", () => {
  it("is ok in spite of warnings, not in spite of a fault", () => {
    const check = (outcome: DoctorCheck["outcome"]) => ({ name: "x", outcome, detail: "" });
    expect(reportOf([check("ok"), check("warning")]).ok).toBe(true);
    expect(reportOf([check("ok"), check("fault")]).ok).toBe(false);
  });
});

describe("renderDoctor", () => {
  it("has a line a check, with its remedy, and a sum", () => {
    const checks: DoctorCheck[] = [
      { name: "node", outcome: "ok", detail: "Node 22" },
      { name: "python", outcome: "fault", detail: "no environment", remedy: "npm run setup" },
      { name: "device", outcome: "warning", detail: "not known" },
    ];
    expect(renderDoctor(reportOf(checks))).toBe(
      [
        "ok       node    Node 22",
        "fault    python  no environment: npm run setup",
        "warning  device  not known",
        "1 fault, 1 warning",
        "",
      ].join("\n"),
    );
    expect(renderDoctor(reportOf(checks.slice(0, 1)))).toContain("in order");
  });
});

describe("kernelsCheck", () => {
  it("warns of a CPU without a C compiler, and of nothing else", () => {
    expect(kernelsCheck("cpu", "cc (Debian 12.2.0) 12.2.0")).toEqual({
      name: "kernels",
      outcome: "ok",
      detail: "compiled by cc (Debian 12.2.0) 12.2.0",
    });
    const without = "none: no C compiler (cc, gcc, clang) on the path answers";
    expect(kernelsCheck("cpu", without)).toMatchObject({
      outcome: "warning",
      detail: expect.stringContaining(without),
      remedy: "install gcc or clang",
    });
    expect(kernelsCheck("cuda:0 NVIDIA H100", without)).toMatchObject({ outcome: "ok" });
  });
});
