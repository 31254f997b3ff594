import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashFile } from "../../util/files.ts";
import { PHANTOM_NEUTRAL } from "./sites.ts";
import { writePhantomSite } from "./write-site.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "phantom-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Every file below a folder with its hash. */
async function hashes(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.sort().map(async (f) => [path.relative(folder, f), await hashFile(f)] as const)),
  );
}

describe("writePhantomSite", () => {
  it("writes the same bytes with worker threads as without, and again", async () => {
    const config = { ...PHANTOM_NEUTRAL, seed: 3, images: 40, size: 64 };
    await writePhantomSite(config, path.join(root, "inline"), { workers: 0 });
    const seen: number[] = [];
    await writePhantomSite(config, path.join(root, "pool"), { workers: 2, onProgress: (n) => seen.push(n) });
    const inline = await hashes(path.join(root, "inline"));
    expect(inline.size).toBe(42);
    expect(await hashes(path.join(root, "pool"))).toEqual(inline);
    expect(seen.at(-1)).toBe(40);
    expect(await readFile(path.join(root, "pool.truth", "truth.jsonl"), "utf8")).toBe(
      await readFile(path.join(root, "inline.truth", "truth.jsonl"), "utf8"),
    );
  });
});
