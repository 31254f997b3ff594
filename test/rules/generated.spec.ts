import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/engine/python-environment.ts";

const out = mkdtempSync(path.join(os.tmpdir(), "chexreason-generated-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe("generated code", () => {
  it("is what the contract gives", () => {
    execFileSync(process.execPath, ["--import", "tsx", "scripts/generate.ts", "--out", out], {
      cwd: PACKAGE_ROOT,
    });
    for (const folder of ["src/engine/gen", "engine/chexengine/gen"]) {
      const files = readdirSync(path.join(out, folder));
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        const read = (root: string) => readFileSync(path.join(root, folder, file), "utf8");
        expect(read(PACKAGE_ROOT), `${folder}/${file} is stale: run npm run generate`).toBe(read(out));
      }
    }
  });
});
