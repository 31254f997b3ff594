import { describe, expect, it } from "vitest";
import { examine } from "./doctor.ts";
import { PACKAGE_ROOT } from "./python-environment.ts";

describe("examine, where setup has run", () => {
  it("finds everything that is needed, and an engine that answers", async () => {
    const report = await examine({ folder: PACKAGE_ROOT });
    expect(report.checks.map(({ name }) => name)).toEqual([
      "node",
      "node-modules",
      "python",
      "disk-cache",
      "disk-work",
      "memory",
      "engine",
      "device",
    ]);
    expect(report.checks.filter(({ outcome }) => outcome === "fault")).toEqual([]);
    expect(report.ok).toBe(true);
    const detailOf = (wanted: string) => report.checks.find(({ name }) => name === wanted)?.detail;
    const torch = /torch (\S+?)(?:,|$)/.exec(detailOf("python") ?? "")?.[1];
    expect(torch).toMatch(/^\d+\.\d+/);
    expect(detailOf("engine")).toContain(`torch ${torch}`);
    expect(detailOf("device")).toMatch(/^(CPU|cuda:0)/);
  });
});
