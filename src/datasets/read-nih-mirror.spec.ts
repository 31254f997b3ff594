import { readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { readHospital } from "./read-hospital.ts";
import { type MirrorRow, writeMirror } from "./testing/write-mirror.ts";

const folder = scratchFolder();
const grey = (level: number) => ({
  create: { width: 4, height: 4, channels: 3 as const, background: { r: level, g: level, b: level } },
});
let jpegs: Uint8Array[];
beforeAll(async () => {
  jpegs = await Promise.all([40, 90, 140, 190].map((level) => sharp(grey(level)).jpeg().toBuffer()));
});

const nih = (root: string) => ({ kind: "nih", root, site: "nih" }) as const;

async function mirror(name: string, rows: Record<string, MirrorRow[]>): Promise<string> {
  const root = path.join(folder, name);
  for (const [file, content] of Object.entries(rows)) await writeMirror(path.join(root, file), content);
  return root;
}

describe("the Parquet mirror", () => {
  it("is read with its pictures, which become files of their own, byte for byte", async () => {
    const [one, two] = jpegs as [Uint8Array, Uint8Array];
    const root = await mirror("whole", {
      "data/train-00000-of-00002.parquet": [
        {
          bytes: one,
          path: "00000013_005.jpg",
          findings: ["Mass", "Effusion"],
          patient: 13,
          age: 60,
          sex: "M",
        },
        { bytes: two, path: null, findings: ["No Finding"], patient: 14, view: "AP" },
      ],
      "data/test-00000-of-00001.parquet": [
        { bytes: one, path: "00000015_000.png", findings: ["Edema"], patient: 15 },
      ],
    });
    const { records, excluded, sourceRows } = await readHospital({ ...nih(root), images: "decode" });
    expect(excluded).toEqual([]);
    expect(sourceRows).toBe(3);
    expect(
      records.map(({ id, patient, image, view, sex, age }) => [id, patient, image, view, sex, age]),
    ).toEqual([
      ["00000015_000.png", "15", "extracted/test/00000015_000.png", "PA", "F", 50],
      ["00000013_005.png", "13", "extracted/train/00000013_005.jpg", "PA", "M", 60],
      ["train-00000-of-00002-2", "14", "extracted/train/train-00000-of-00002-2.jpg", "AP", "F", 50],
    ]);
    expect(records.map(({ labels }) => LABELS.filter((label) => labels[label] === 1))).toEqual([
      ["Edema"],
      ["Lung Lesion"],
      ["No Finding"],
    ]);
    expect(new Uint8Array(await readFile(path.join(root, records[1]?.image ?? "")))).toEqual(
      new Uint8Array(one),
    );
    expect(new Uint8Array(await readFile(path.join(root, records[2]?.image ?? "")))).toEqual(
      new Uint8Array(two),
    );

    const train = await readHospital({ ...nih(root), set: "mirror-train" });
    expect(train.records.map(({ id }) => id)).toEqual(["00000013_005.png", "train-00000-of-00002-2"]);
  });

  it("writes nothing twice, and what is missing again", async () => {
    const root = await mirror("again", {
      "train/0000.parquet": jpegs.map((bytes, at) => ({
        bytes,
        path: null,
        findings: ["Edema"],
        patient: at,
      })),
    });
    const { records } = await readHospital(nih(root));
    expect(records.map(({ id }) => id)).toEqual([
      "train-0000-1",
      "train-0000-2",
      "train-0000-3",
      "train-0000-4",
    ]);
    const image = path.join(root, records[1]?.image ?? "");
    const before = await stat(image);
    await readHospital(nih(root));
    expect((await stat(image)).ino).toBe(before.ino);
    await rm(path.join(root, "extracted/train-0000.done.json"));
    await writeFile(image, "half of it");
    await readHospital({ ...nih(root), images: "decode" });
    expect(new Uint8Array(await readFile(image))).toEqual(new Uint8Array(jpegs[1] ?? []));
  });

  it("sets rows aside by reason, and keeps the first picture of an id that comes twice", async () => {
    const [one, two] = jpegs as [Uint8Array, Uint8Array];
    const root = await mirror("reasons", {
      "data/valid-00000-of-00001.parquet": [
        { bytes: one, path: "00000001_000.png", findings: ["Edema"], patient: 1 },
        { bytes: two, path: "00000001_000.png", findings: ["Mass"], patient: 1 },
        { bytes: null, path: "00000001_001.png", findings: ["Edema"], patient: 1 },
        { bytes: new Uint8Array([1, 2, 3]), path: "00000001_002.png", findings: ["Edema"], patient: 1 },
        { bytes: one, path: "00000001_003.png", findings: ["Scoliosis"], patient: 1 },
        { bytes: one, path: "00000001_004.png", findings: [], patient: 1 },
        { bytes: one, path: "../../00000001_005.png", findings: ["Edema"], patient: 1, view: "LL" },
        { bytes: one, path: "../../up.jpg", findings: ["Edema"], patient: 1 },
      ],
    });
    const { records, excluded } = await readHospital({ ...nih(root), images: "decode" });
    // A path in the mirror is a name at most, and never leaves the folder.
    expect(records.map(({ id, image }) => [id, image])).toEqual([
      ["00000001_000.png", "extracted/valid/00000001_000.png"],
      ["valid-00000-of-00001-8", "extracted/valid/valid-00000-of-00001-8.jpg"],
    ]);
    expect(new Uint8Array(await readFile(path.join(root, records[0]?.image ?? "")))).toEqual(
      new Uint8Array(one),
    );
    expect(Object.fromEntries(excluded.map(({ row, reason }) => [row, reason]))).toEqual({
      2: "duplicate row",
      3: "missing file",
      4: "unreadable image",
      5: "unknown label",
      6: "no label",
      7: "unknown view",
    });
    expect(excluded.every(({ file }) => file === "data/valid-00000-of-00001.parquet")).toBe(true);
  });

  it("leaves the pictures where they are when they are not to be looked at", async () => {
    const root = await mirror("unchecked", {
      "data/train-00000-of-00001.parquet": [
        { bytes: jpegs[0] ?? null, path: null, findings: ["Edema"], patient: 1 },
      ],
    });
    await readHospital({ ...nih(root), images: "unchecked" });
    await expect(stat(path.join(root, "extracted"))).rejects.toThrow(/ENOENT/);
  });

  it("has splits of its own, which are not taken for NIH's", async () => {
    const root = await mirror("splits", {
      "data/test-00000-of-00001.parquet": [{ bytes: null, path: null, findings: ["Edema"], patient: 1 }],
    });
    await expect(readHospital({ ...nih(root), set: "test" })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/splits are not NIH's test; choose set all, mirror-train/),
    });
    await expect(readHospital({ ...nih(root), set: "mirror-train" })).rejects.toThrow(
      /no Parquet file of the mirror's mirror-train/,
    );
    await writeFile(path.join(root, "data/test-00000-of-00001.parquet"), "not Parquet");
    await expect(readHospital(nih(root))).rejects.toThrow(/cannot be read as NIH's Parquet mirror/);
  });
});
