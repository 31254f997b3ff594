import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

/** An empty folder for one spec file, deleted at its end. Its path has a quote in it, as people's folders may. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "chexreason-it's-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
