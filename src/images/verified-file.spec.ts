import { appendFile, mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { DECODER_VERSION } from "./decode.ts";
import { writePng } from "./testing/write-png.ts";
import { VerifiedFile } from "./verified-file.ts";
import { type VerifiedImage, verifyImages } from "./verify.ts";

const scratch = scratchFolder();
const picture = (level: number) =>
  writePng({ width: 2, height: 1, depth: 8, colour: 0 }, Uint8Array.of(0, level, level));

/** Seconds since 1970. */
const LONG_AGO = 1_000_000_000;

/** A folder with pictures a.png to d.png of different levels, c.png cut short, and no findings yet. */
async function hospital(name: string): Promise<{ root: string; files: string[]; findings: string }> {
  const root = path.join(scratch, name);
  await mkdir(root);
  const files = ["a", "b", "c", "d"].map((each) => path.join(root, `${each}.png`));
  for (const [index, file] of files.entries()) {
    const bytes = picture(index * 50);
    await writeFile(file, index === 2 ? bytes.subarray(0, bytes.length - 20) : bytes);
    await utimes(file, LONG_AGO, LONG_AGO);
  }
  return { root, files, findings: path.join(scratch, "out", `${name}.verified.jsonl`) };
}

interface Run {
  images: VerifiedImage[];
  reused: number;
  damagedLines: number;
}

async function run(findings: string, root: string, files: readonly string[]): Promise<Run> {
  const kept = await VerifiedFile.open(findings, root);
  try {
    const images = await verifyImages(files, { kept, parallel: 3 });
    return { images, reused: kept.reused, damagedLines: kept.damagedLines };
  } finally {
    await kept.close();
  }
}

const linesOf = async (file: string) => (await readFile(file, "utf8")).split("\n").slice(0, -1);

describe("VerifiedFile", () => {
  it("finds every file again, good and bad, without opening it", async () => {
    const { root, files, findings } = await hospital("again");
    const first = await run(findings, root, files);
    expect(first).toMatchObject({ reused: 0, damagedLines: 0 });
    expect(first.images.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "truncated", "ok"]);
    // Other bytes of the same size and time: whoever opened the file would see them.
    const [a = ""] = files;
    await writeFile(a, Buffer.alloc((await stat(a)).size));
    await utimes(a, LONG_AGO, LONG_AGO);
    const second = await run(findings, root, files);
    expect(second).toEqual({ ...first, reused: 4 });
    expect(await linesOf(findings)).toHaveLength(4);
  });

  it("goes on after a run that was killed while it wrote, and counts the broken line", async () => {
    const { root, files, findings } = await hospital("killed");
    const whole = await run(findings, root, files);
    const text = await readFile(findings, "utf8");
    for (const length of [1, 40, Math.floor(text.length / 2), text.length - 2]) {
      await writeFile(findings, text.slice(0, length));
      const wholeLines = text.slice(0, length).split("\n").length - 1;
      const second = await run(findings, root, files);
      expect(second).toEqual({ images: whole.images, reused: wholeLines, damagedLines: 1 });
      // What was broken stays a line of its own; everything is known from now on.
      expect(await run(findings, root, files)).toEqual({ images: whole.images, reused: 4, damagedLines: 1 });
    }
  });

  it("looks again at a file of another size or time, and at one that an older decoder saw", async () => {
    const { root, files, findings } = await hospital("changed");
    const [a = "", b = ""] = files;
    const first = await run(findings, root, files);
    await writeFile(a, picture(200));
    await utimes(a, LONG_AGO + 1, LONG_AGO + 1);
    const second = await run(findings, root, files);
    expect(second.reused).toBe(3);
    expect(second.images[0]).not.toEqual(first.images[0]);
    expect((await run(findings, root, files)).images).toEqual(second.images);
    await writeFile(b, Buffer.concat([picture(50), Buffer.from("more")]));
    expect((await run(findings, root, files)).reused).toBe(3);
    const older = (await readFile(findings, "utf8")).replaceAll(
      `"decoder":${DECODER_VERSION}`,
      `"decoder":${DECODER_VERSION - 1}`,
    );
    await writeFile(findings, older);
    expect(await run(findings, root, files)).toMatchObject({ reused: 0, damagedLines: 0 });
  });

  it("knows files by their path below the root, so that a moved folder is not read again", async () => {
    const { root, files, findings } = await hospital("moved");
    await run(findings, root, files);
    const elsewhere = path.join(scratch, "elsewhere");
    await mkdir(elsewhere);
    for (const file of files) {
      const copy = path.join(elsewhere, path.basename(file));
      await writeFile(copy, await readFile(file));
      await utimes(copy, LONG_AGO, LONG_AGO);
    }
    const moved = files.map((file) => path.join(elsewhere, path.basename(file)));
    expect((await run(findings, elsewhere, moved)).reused).toBe(4);
  });

  it("does not keep what may pass: a missing file, a folder in its place", async () => {
    const { root, files, findings } = await hospital("passing");
    const [a = "", b = ""] = files;
    await rm(a);
    await rm(b);
    await mkdir(b);
    const first = await run(findings, root, files);
    expect(first.images.slice(0, 2).map(({ outcome }) => outcome)).toEqual(["missing file", "unreadable"]);
    expect(await linesOf(findings)).toHaveLength(2);
    await writeFile(a, picture(1));
    expect((await run(findings, root, files)).images[0]?.outcome).toBe("ok");
  });

  it("passes over lines that are no findings", async () => {
    const { root, files, findings } = await hospital("strange");
    await run(findings, root, files);
    await appendFile(findings, '{"path":"a.png"}\nnull\n[]\n"x"\n\n{"decoder":2,"outcome":"ok"}\n');
    expect(await run(findings, root, files)).toMatchObject({ reused: 4, damagedLines: 5 });
  });

  it("says where it cannot be written", async () => {
    await expect(VerifiedFile.open(scratch, scratch)).rejects.toThrow(/cannot be read and appended to/);
  });
});
