import { readFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { LABELS } from "../../labels/label.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import type { HospitalSourceInput } from "../hospital-source.ts";
import { readHospital } from "../read-hospital.ts";
import type { HospitalTable } from "../record.ts";
import type { PhantomSite } from "./site.ts";
import { PHANTOM_CHEXPERT, PHANTOM_MIMIC, PHANTOM_NEUTRAL, PHANTOM_NIH } from "./sites.ts";
import type { TruthRow } from "./truth-file.ts";
import { type WrittenSite, writePhantomSite } from "./write-site.ts";

const IMAGES = 90;
const SIZE = 48;

const root = scratchFolder();

interface Round {
  readonly site: WrittenSite;
  readonly table: HospitalTable;
  readonly truth: readonly TruthRow[];
}

/** Writes a site and reads it back with its hospital's own reader, opening every picture. */
async function roundTrip(site: PhantomSite, source: Record<string, unknown>): Promise<Round> {
  const folder = path.join(root, site.name);
  const written = await writePhantomSite({ ...site, seed: 4, images: IMAGES, size: SIZE }, folder, {
    workers: 0,
  });
  const input = { root: folder, site: site.name, licence: "synthetic", images: "decode", ...source };
  const table = await readHospital(input as HospitalSourceInput);
  const lines = (await readFile(written.truthFile, "utf8")).trim().split("\n");
  return { site: written, table, truth: lines.map((line) => JSON.parse(line) as TruthRow) };
}

const positives = (record: HospitalTable["records"][number] | undefined) =>
  LABELS.filter((label) => record?.labels[label] === 1);

describe("a phantom site read back by its hospital's reader", () => {
  it("folder: every picture, with the true labels", async () => {
    const { table, truth } = await roundTrip(PHANTOM_NEUTRAL, { kind: "folder" });
    expect(table.excluded).toEqual([]);
    expect(table.records.length).toBe(IMAGES);
    expect(table.records.map((record) => record.image)).toEqual(truth.map((row) => row.image));
    expect(table.records.map(positives)).toEqual(truth.map((row) => row.labels));
    expect(new Set(table.records.map((record) => record.view))).toEqual(new Set(["AP", "PA"]));
    expect(table.records.every((record) => record.age !== null && record.sex !== null)).toBe(true);
  });

  it("MIMIC-CXR-JPG: laterals and unlabelled studies excluded, the rest with sex, age and view", async () => {
    const { table, truth } = await roundTrip(PHANTOM_MIMIC, { kind: "mimic" });
    const laterals = truth.filter((row) => row.view === "lateral");
    expect(laterals.length).toBeGreaterThan(0);
    expect(table.excluded.filter((row) => row.reason === "lateral view").length).toBe(laterals.length);
    expect(table.excluded.every((row) => row.reason === "lateral view" || row.reason === "no label")).toBe(
      true,
    );
    expect(table.records.length + table.excluded.length).toBe(truth.length);
    expect(table.records.every((record) => record.sex !== null && record.age !== null)).toBe(true);
    for (const record of table.records) {
      expect(record.image).toMatch(/^files\/p1\d\/p1\d{7}\/s5\d{7}\/[0-9a-f]{8}(-[0-9a-f]{8}){4}\.jpg$/);
    }
    const values = new Set(table.records.flatMap((record) => Object.values(record.labels)));
    expect(values).toEqual(new Set([1, 0, -1, null]));
  });

  it("CheXpert: the test pictures with readers' labels, complete, closed upward, as in groundtruth.csv", async () => {
    const { table, truth, site } = await roundTrip(PHANTOM_CHEXPERT, { kind: "chexpert", set: "test" });
    expect(table.records.length).toBeGreaterThan(IMAGES / 2);
    expect(table.excluded.every((row) => row.reason === "lateral view")).toBe(true);
    for (const record of table.records) {
      const labels = positives(record);
      expect(record.image).toMatch(/^CheXpert-v1\.0\/test\/patient\d{5}\/study\d\/view\d_frontal\.jpg$/);
      expect(Object.values(record.labels).every((value) => value === 0 || value === 1)).toBe(true);
      if (labels.includes("Cardiomegaly")) expect(labels).toContain("Enlarged Cardiomediastinum");
      if (labels.includes("Edema")) expect(labels).toContain("Lung Opacity");
    }
    const byStudy = await readHospital({
      kind: "chexpert",
      root: site.folder,
      site: "phantom-chexpert",
      set: "test",
      table: "CheXpert-v1.0/groundtruth.csv",
    });
    expect(new Map(byStudy.records.map((record) => [record.id, positives(record)]))).toEqual(
      new Map(table.records.map((record) => [record.id, positives(record)])),
    );
    const train = await readHospital({
      kind: "chexpert",
      root: site.folder,
      site: "phantom-chexpert",
      set: "train",
    });
    const valid = await readHospital({
      kind: "chexpert",
      root: site.folder,
      site: "phantom-chexpert",
      set: "valid",
    });
    const rows = [table, train, valid].reduce((sum, part) => sum + part.sourceRows, 0);
    expect(rows).toBe(truth.length);
  });

  it("NIH: the table's bracketed header, the lists, and follow-ups", async () => {
    const { table, truth, site } = await roundTrip(PHANTOM_NIH, { kind: "nih" });
    expect(table.excluded).toEqual([]);
    expect(table.records.map((record) => record.image).sort()).toEqual(truth.map((row) => row.image).sort());
    const text = await readFile(path.join(site.folder, "Data_Entry_2017_v2020.csv"), "utf8");
    expect(text.split("\n")[0]).toBe(
      "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position," +
        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]",
    );
    const lists = await Promise.all(
      ["train_val_list.txt", "test_list.txt"].map((name) => readFile(path.join(site.folder, name), "utf8")),
    );
    const names = lists.flatMap((list) => list.trim().split("\n"));
    expect(names.length).toBe(IMAGES);
    expect(new Set(names).size).toBe(IMAGES);
    const patients = lists.map(
      (list) =>
        new Set(
          list
            .split("\n")
            .map((name) => name.slice(0, 8))
            .filter(Boolean),
        ),
    );
    expect([...(patients[0] ?? [])].some((patient) => patients[1]?.has(patient))).toBe(false);
    const picture = truth[0]?.image ?? "";
    expect(await sharp(path.join(site.folder, picture)).metadata()).toMatchObject({
      format: "png",
      width: SIZE,
      height: SIZE,
      channels: 1,
    });
  });
});
