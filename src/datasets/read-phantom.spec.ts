import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import type { HospitalSourceInput } from "./hospital-source.ts";
import { PHANTOM_SITES } from "./phantom/sites.ts";
import { truthFileOf, writePhantomSite } from "./phantom/write-site.ts";
import { readHospital } from "./read-hospital.ts";

/** Frontal pictures drawn per site: few and small, since reading is tested here, not drawing. */
const IMAGES = 120;
const SIZE = 32;

const root = scratchFolder();
beforeAll(async () => {
  for (const site of PHANTOM_SITES) {
    await writePhantomSite({ ...site, seed: 5, images: IMAGES, size: SIZE }, path.join(root, site.name), {
      workers: 0,
    });
  }
});

/** How many pictures the site's sidecar knows: what the readers have to account for. */
async function drawn(site: string): Promise<number> {
  return (await readFile(truthFileOf(path.join(root, site)), "utf8")).trim().split("\n").length;
}

type Kind = Omit<HospitalSourceInput, "root" | "site">;
const read = (site: string, source: Kind & { readonly set?: string; readonly table?: string }) =>
  readHospital({ images: "decode", site, root: path.join(root, site), ...source } as HospitalSourceInput);

describe("the phantom hospitals, through the readers of the real ones", () => {
  it.each([
    ["phantom-mimic", { kind: "mimic" }],
    ["phantom-nih", { kind: "nih" }],
    ["phantom-neutral", { kind: "folder" }],
  ] as const)("%s: every picture drawn is a record or excluded by reason", async (site, source) => {
    const { records, excluded, sourceRows } = await read(site, source);
    expect(sourceRows).toBe(await drawn(site));
    expect(records.length + excluded.length).toBe(sourceRows);
    const reasons = new Set(excluded.map(({ reason }) => reason));
    for (const reason of reasons) expect(["lateral view", "no label"]).toContain(reason);
    expect(sourceRows - excluded.filter(({ reason }) => reason === "lateral view").length).toBe(IMAGES);
    expect(records.every(({ sex, age }) => sex !== null && age !== null)).toBe(true);
    expect(records.some(({ labels }) => LABELS.some((label) => labels[label] === 1))).toBe(true);
  });

  it("phantom-chexpert: its three sets together are every picture drawn", async () => {
    const sets = await Promise.all(
      (["train", "valid", "test"] as const).map((set) => read("phantom-chexpert", { kind: "chexpert", set })),
    );
    const rows = sets.reduce((sum, { sourceRows }) => sum + sourceRows, 0);
    expect(rows).toBe(await drawn("phantom-chexpert"));
    const patients = sets.flatMap(({ records }) => [...new Set(records.map(({ patient }) => patient))]);
    expect(new Set(patients).size).toBe(patients.length);
  });

  it("phantom-chexpert: the truth by study, joined to the images, says what the truth by image says", async () => {
    const source = { kind: "chexpert", set: "test" } as const;
    const byImage = await read("phantom-chexpert", source);
    const byStudy = await read("phantom-chexpert", { ...source, table: "CheXpert-v1.0/groundtruth.csv" });
    expect(byStudy.records.map(({ id, labels }) => [id, labels])).toEqual(
      byImage.records.map(({ id, labels }) => [id, labels]),
    );
  });
});
