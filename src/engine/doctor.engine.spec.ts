import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { examine } from "./doctor.ts";

const scratch = scratchFolder();
const cwd = process.cwd();
afterEach(() => process.chdir(cwd));

describe("examine, where setup has run", () => {
  it("finds everything that is needed and an engine that answers, whatever lies in the working folder", async () => {
    // Named as a module of Python's own library that the engine imports.
    writeFileSync(path.join(scratch, "queue.py"), 'raise SystemExit("the working folder is on the path")\n');
    process.chdir(scratch);
    const report = await examine();
    expect(report.checks.map(({ name }) => name)).toEqual([
      "node",
      "node-modules",
      "python",
      "disk-cache",
      "disk-work",
      "memory",
      "engine",
      "device",
      "kernels",
    ]);
    expect(report.checks.filter(({ outcome }) => outcome === "fault")).toEqual([]);
    expect(report.ok).toBe(true);
    const detailOf = (wanted: string) => report.checks.find(({ name }) => name === wanted)?.detail;
    const torch = /torch (\S+?)(?:,|$)/.exec(detailOf("python") ?? "")?.[1];
    expect(torch).toMatch(/^\d+\.\d+/);
    expect(detailOf("engine")).toContain(`torch ${torch}`);
    expect(detailOf("engine")).toMatch(/several ranks by gloo/);
    expect(detailOf("disk-work")).toContain(process.cwd());
    expect(detailOf("device")).toMatch(/^(CPU|cuda:0)/);
    expect(detailOf("kernels")).toMatch(/^(compiled by|none: no C compiler|not needed)/);
  });
});
