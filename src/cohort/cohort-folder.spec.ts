import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import { writeTable } from "../datasets/table-file.ts";
import { LABELS } from "../labels/label.ts";
import { folderBytes } from "../util/testing/folder-bytes.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { readCohort } from "./cohort-file.ts";
import { makeCohortFolder, verifyCohortFolder } from "./cohort-folder.ts";
import { readCohortFolder } from "./cohort-summary.ts";
import { cohortSummaryText } from "./cohort-summary-text.ts";
import { hospital } from "./testing/hospital.ts";

const scratch = scratchFolder();
const table = path.join(scratch, "hospital.parquet");
const root = path.join(scratch, "images");
const SIZES = { sft: 30, rl: 20, validation: 10, test: 8, seed: 3, floorShare: 0.02 };
const IMAGES = 68;
const records = hospital(120, 5).map((record, at): ImageRecord => ({ ...record, image: `x/${at}.png` }));
const fileOf = (id: string): string =>
  path.join(root, records.find((record) => record.id === id)?.image ?? "");
const make = (name: string, sizes: object = {}, options: object = {}) =>
  makeCohortFolder(path.join(scratch, name), { table }, { ...SIZES, ...sizes }, options);
const idsOf = async (name: string, set: string): Promise<string[]> =>
  (await readCohort(path.join(scratch, name, `${set}.jsonl`))).records.map(({ id }) => id);

beforeAll(async () => {
  await writeTable(table, records);
  await mkdir(path.join(root, "x"), { recursive: true });
  for (const [at, { image }] of records.entries()) {
    // Two levels of grey: no two records have the same picture.
    const pixels = Buffer.from([at % 256, Math.floor(at / 256), 0, 255]);
    const raw = { width: 2, height: 2, channels: 1 } as const;
    await writeFile(path.join(root, image), await sharp(pixels, { raw }).png().toBuffer());
  }
});

describe("makeCohortFolder", () => {
  it("draws from the table alone and lists the files to download", async () => {
    const summary = await make("plain");
    expect(summary.sets.map(({ name, use, images }) => [name, use, images])).toEqual([
      ["sft", "train", 30],
      ["rl", "train", 20],
      ["validation", "choose", 10],
      ["test", "verdict", 8],
    ]);
    expect(summary).toMatchObject({ images: "unchecked", missing: 0, replaced: {} });
    const aside = Object.values(summary.setAside).reduce((sum, count) => sum + count, 0);
    expect(aside + IMAGES).toBe(records.length);
    const listed = (await readFile(path.join(scratch, "plain/files.txt"), "utf8")).trimEnd().split("\n");
    const picked = (
      await Promise.all(["sft", "rl", "validation", "test"].map((set) => idsOf("plain", set)))
    ).flat();
    expect(listed).toHaveLength(IMAGES);
    expect(listed.map((file) => path.join(root, file)).sort()).toEqual(picked.map(fileOf).sort());
    expect(await readCohortFolder(path.join(scratch, "plain"))).toEqual(summary);
    for (const label of LABELS) expect(summary.sets[0]?.shares[label]).toBeGreaterThanOrEqual(0.02);
    expect(cohortSummaryText(summary)).toContain("no picture was looked at");
  });

  it("writes the same bytes again, but never over other cohorts unasked", async () => {
    await make("again");
    expect(await folderBytes(path.join(scratch, "again"))).toEqual(
      await folderBytes(path.join(scratch, "plain")),
    );
    await expect(make("again", { seed: 4 })).rejects.toThrow(/again holds cohorts already/);
    const forced = await make("again", { seed: 4, test: 0 }, { force: true });
    expect(forced.sets.map(({ name }) => name)).toEqual(["sft", "rl", "validation"]);
    await expect(idsOf("again", "test")).rejects.toThrow(/cannot be read/);
  });

  it("says which option is wrong", async () => {
    await expect(make("bad", { seed: -1 })).rejects.toThrow(/cohort make, seed: /);
    const folder = path.join(scratch, "bad");
    await expect(makeCohortFolder(folder, {}, SIZES)).rejects.toThrow(/give the table, --table/);
    await expect(makeCohortFolder(folder, { kind: "nih" }, SIZES)).rejects.toThrow(/--root FOLDER/);
    await expect(makeCohortFolder(folder, { kind: "chexpert", root: scratch }, SIZES)).rejects.toThrow(
      /cohort make: --split: /,
    );
    await expect(readCohortFolder(folder)).rejects.toThrow(/cohort make --out/);
  });
});

describe("verifyCohortFolder", () => {
  it("changes nothing but the record of having looked where every file is good", async () => {
    await make("good");
    const before = await idsOf("good", "sft");
    const summary = await verifyCohortFolder(path.join(scratch, "good"), { root });
    expect(summary).toMatchObject({ images: "decode", missing: 0, replaced: {} });
    expect(await idsOf("good", "sft")).toEqual(before);
    const lines = (await readFile(path.join(scratch, "good/pictures.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines).toHaveLength(IMAGES);
  });

  it("comes to the same cohorts whether broken files are found at once or one after another", async () => {
    await make("once");
    await make("steps");
    const [first, second] = await idsOf("once", "sft");
    const [other] = await idsOf("once", "validation");
    const broken = [first, second, other].map((id) => fileOf(id ?? ""));
    const whole = await Promise.all(broken.map((file) => readFile(file)));
    try {
      for (const file of [...broken].reverse()) {
        await writeFile(file, "no picture");
        await verifyCohortFolder(path.join(scratch, "steps"), { root });
      }
      const summary = await verifyCohortFolder(path.join(scratch, "once"), { root });
      expect(summary.replaced).toEqual({ "unreadable image": 3 });
      expect(summary.setAside["unreadable image"]).toBe(3);
      expect(summary.sets.map(({ images }) => images)).toEqual([30, 20, 10, 8]);
      expect(cohortSummaryText(summary)).toContain("every picture was read; unusable: unreadable image 3");
      expect(await folderBytes(path.join(scratch, "steps"))).toEqual(
        await folderBytes(path.join(scratch, "once")),
      );
      const replaced = (await readFile(path.join(scratch, "once/replaced.csv"), "utf8")).split("\n");
      expect(replaced[0]).toBe("set,site,old,new,reason,detail");
      expect(replaced).toHaveLength(5);
    } finally {
      for (const [at, file] of broken.entries()) await writeFile(file, whole[at] ?? "");
    }
  });

  it("lists what is still to be fetched and keeps it, or replaces it when asked", async () => {
    await make("partial");
    const folder = path.join(scratch, "partial");
    const before = await idsOf("partial", "rl");
    const file = fileOf(before[0] ?? "");
    const bytes = await readFile(file);
    await rm(file);
    try {
      const waiting = await verifyCohortFolder(folder, { root });
      expect(waiting).toMatchObject({ missing: 1, replaced: {} });
      expect(await idsOf("partial", "rl")).toEqual(before);
      expect(path.join(root, (await readFile(path.join(folder, "missing.txt"), "utf8")).trim())).toBe(file);
      expect(cohortSummaryText(waiting)).toContain("1 pictures are still to be fetched");
      const replaced = await verifyCohortFolder(folder, { root, replaceMissing: true });
      expect(replaced).toMatchObject({ missing: 0, replaced: { "missing file": 1 } });
      expect((await idsOf("partial", "rl")).slice(1)).toEqual(before.slice(1));
    } finally {
      await writeFile(file, bytes);
    }
    // The file was there after all: the draw stands as it was.
    expect(await verifyCohortFolder(folder, { root })).toMatchObject({ missing: 0, replaced: {} });
    expect(await idsOf("partial", "rl")).toEqual(before);
    await expect(readFile(path.join(folder, "missing.txt"))).rejects.toThrow();
  });
});
