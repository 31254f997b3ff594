import { createHash } from "node:crypto";
import { mkdir, mkdtemp, open, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hashBytes, hashFile, replaceFile, syncPath, writeFileAtomic, writeJsonAtomic } from "./files.ts";
import { scratchFolder } from "./testing/scratch-folder.ts";

const root = scratchFolder();
let folder = "";
let file = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(root, "case-"));
  file = path.join(folder, "a.txt");
});
afterEach(() => vi.restoreAllMocks());

const content = (): Promise<string> => readFile(file, "utf8");
/** Fails with half of the new bytes written. */
const tornWrite = async (temporary: string): Promise<void> => {
  await writeFile(temporary, "ne");
  throw new Error("the disk is full");
};

describe("replaceFile", () => {
  it("keeps the old bytes, and leaves no temporary file, when the write fails in the middle", async () => {
    await writeFile(file, "old");
    await expect(replaceFile(file, tornWrite)).rejects.toThrow("the disk is full");
    expect(await content()).toBe("old");
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });

  it("makes no file when the first write fails in the middle", async () => {
    await expect(replaceFile(file, tornWrite)).rejects.toThrow("the disk is full");
    expect(await readdir(folder)).toEqual([]);
  });

  it("leaves no temporary file when the path cannot be taken", async () => {
    await mkdir(path.join(file, "inside"), { recursive: true });
    await expect(writeFileAtomic(file, "new")).rejects.toThrow("EISDIR");
    expect(await readdir(folder)).toEqual(["a.txt"]);
    expect(await readdir(file)).toEqual(["inside"]);
  });

  it("writes beside the file, whose path holds the old bytes until all are there", async () => {
    await writeFile(file, "old");
    await replaceFile(file, async (temporary) => {
      expect(path.dirname(temporary)).toBe(folder);
      await writeFile(temporary, "new");
      expect(await content()).toBe("old");
    });
    expect(await content()).toBe("new");
  });

  it("brings the bytes to the disk before the rename, and the name after it", async () => {
    await writeFile(file, "old");
    const handle = await open(file);
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const original = prototype.sync;
    const seen: string[] = [];
    vi.spyOn(prototype, "sync").mockImplementation(async function (this: typeof handle) {
      const kind = (await this.stat()).isDirectory() ? "folder" : "file";
      seen.push(`${kind}, while the path holds ${await content()}`);
      await original.call(this);
    });
    await writeFileAtomic(file, "new");
    expect(seen).toEqual(["file, while the path holds old", "folder, while the path holds new"]);
  });
});

describe("writeFileAtomic", () => {
  it("makes missing folders and writes text and bytes", async () => {
    file = path.join(folder, "b", "c", "d");
    await writeFileAtomic(file, "ä");
    expect(await content()).toBe("ä");
    await writeFileAtomic(file, Uint8Array.of(1, 0, 255));
    expect([...(await readFile(file))]).toEqual([1, 0, 255]);
  });

  it("lets many write the same file at once: one of them whole, nothing besides", async () => {
    const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(50_000));
    await Promise.all(texts.map((text) => writeFileAtomic(file, text)));
    expect(texts).toContain(await content());
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });
});

describe("writeJsonAtomic", () => {
  it("writes JSON for people to read, with a final newline", async () => {
    await writeJsonAtomic(file, { a: [1, null] });
    expect(await content()).toBe('{\n  "a": [\n    1,\n    null\n  ]\n}\n');
  });

  it("keeps the old file when the value cannot be written as JSON", async () => {
    await writeJsonAtomic(file, 1);
    await expect(writeJsonAtomic(file, { big: 1n })).rejects.toThrow(TypeError);
    expect(await content()).toBe("1\n");
  });
});

describe("hashFile and hashBytes", () => {
  it("give SHA-256 in hex", async () => {
    // FIPS 180-2, appendix B.1.
    const ofAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    await writeFile(file, "abc");
    expect(await hashFile(file)).toBe(ofAbc);
    expect(hashBytes("abc")).toBe(ofAbc);
    expect(hashBytes(Uint8Array.from(Buffer.from("abc")))).toBe(ofAbc);
  });

  it("read files of more than one chunk, and say when there is none", async () => {
    const bytes = Buffer.alloc(300_000, "0123456789abcdef!");
    await writeFile(file, bytes);
    expect(await hashFile(file)).toBe(createHash("sha256").update(bytes).digest("hex"));
    await expect(hashFile(path.join(folder, "none"))).rejects.toThrow("ENOENT");
  });
});

describe("syncPath", () => {
  it("refuses what is not there", async () => {
    await expect(syncPath(path.join(folder, "none"))).rejects.toThrow("ENOENT");
  });
});
