import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow } from "../../util/files-below.ts";
import { folderBytes } from "../../util/testing/folder-bytes.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { PHANTOM_NEUTRAL } from "./sites.ts";
import { MARKER, writePhantomSite } from "./write-site.ts";

const root = scratchFolder();

describe("writePhantomSite", () => {
  it("writes the same bytes with worker threads as without, and again", async () => {
    const config = { ...PHANTOM_NEUTRAL, seed: 3, images: 40, size: 64 };
    await writePhantomSite(config, path.join(root, "inline"), { workers: 0 });
    const seen: number[] = [];
    await writePhantomSite(config, path.join(root, "pool"), { workers: 2, onProgress: (n) => seen.push(n) });
    const inline = await folderBytes(path.join(root, "inline"));
    expect(Object.keys(inline)).toHaveLength(42);
    expect(await folderBytes(path.join(root, "pool"))).toEqual(inline);
    expect(seen.at(-1)).toBe(40);
    expect(await readFile(path.join(root, "pool.truth", "truth.jsonl"), "utf8")).toBe(
      await readFile(path.join(root, "inline.truth", "truth.jsonl"), "utf8"),
    );
  });

  it("leaves a whole site alone, writes an unfinished one again, and clears another site's away", async () => {
    const config = { ...PHANTOM_NEUTRAL, seed: 3, images: 6, size: 48 };
    const folder = path.join(root, "again");
    const write = (changes: object) => writePhantomSite({ ...config, ...changes }, folder, { workers: 0 });
    expect((await write({})).outcome).toBe("written");
    const before = await folderBytes(folder);
    const table = path.join(folder, "labels.csv");
    await writeFile(table, "spoiled");
    expect(await write({})).toMatchObject({ outcome: "already there", pictures: 6 });
    expect(await readFile(table, "utf8")).toBe("spoiled");
    // Killed before its end: the marker still says begun.
    const marker = path.join(folder, MARKER);
    await writeFile(marker, (await readFile(marker, "utf8")).replace('"whole"', '"begun"'));
    expect((await write({})).outcome).toBe("written");
    expect(await folderBytes(folder)).toEqual(before);
    expect((await write({ seed: 4, images: 3 })).outcome).toBe("written");
    const pictures = (await filesBelow(folder)).filter((file) => file.endsWith(".png"));
    expect(pictures.length).toBe(3);
  });

  it("keeps the true findings outside the hospital's folder", async () => {
    const folder = path.join(root, "apart");
    const site = await writePhantomSite({ ...PHANTOM_NEUTRAL, seed: 1, images: 2, size: 48 }, folder, {
      workers: 0,
    });
    expect(path.relative(folder, site.truthFile).startsWith("..")).toBe(true);
    const text = (await filesBelow(folder)).join("\n");
    expect(text).not.toMatch(/truth/);
    const row = JSON.parse((await readFile(site.truthFile, "utf8")).split("\n")[0] ?? "");
    for (const finding of row.findings) {
      expect(finding.severity).toBeGreaterThan(0);
      for (const at of [finding.x, finding.y]) {
        expect(at).toBeGreaterThan(0);
        expect(at).toBeLessThan(1);
      }
    }
  });

  it("refuses a size or number that is none", async () => {
    const folder = path.join(root, "none");
    await expect(
      writePhantomSite({ ...PHANTOM_NEUTRAL, seed: 1, images: 0 }, folder, { workers: 0 }),
    ).rejects.toThrow(/images must be at least 1/);
  });
});
