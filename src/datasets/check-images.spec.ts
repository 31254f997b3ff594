import { appendFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { decodeImage, pixelHash } from "../images/decode.ts";
import { writeDicom } from "../images/testing/write-dicom.ts";
import { writePng } from "../images/testing/write-png.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { listImages } from "./list-images.ts";
import { readHospital } from "./read-hospital.ts";

const scratch = scratchFolder();
const GREYS = [10, 20, 30, 40] as const;
const PNG = writePng(
  { width: 2, height: 2, depth: 8, colour: 0 },
  Uint8Array.of(0, GREYS[0], GREYS[1], 0, GREYS[2], GREYS[3]),
);

/** A folder hospital: a PNG, the same picture as DICOM, one cut short, one that is not there. */
async function hospital(name: string): Promise<string> {
  const root = path.join(scratch, name);
  await mkdir(root);
  const names = ["a.png", "b.dcm", "cut.png", "none.png"];
  await writeFile(
    path.join(root, "labels.csv"),
    `image,labels\n${names.map((each) => `${each},Edema\n`).join("")}`,
  );
  await writeFile(path.join(root, "a.png"), PNG);
  await writeFile(path.join(root, "b.dcm"), writeDicom({ rows: 2, columns: 2, allocated: 8, words: GREYS }));
  await writeFile(path.join(root, "cut.png"), PNG.subarray(0, PNG.length - 15));
  return root;
}

const source = (root: string) => ({ kind: "folder", root, site: "mine" }) as const;

describe("checking the images of a table", () => {
  it("gives the hash of every picture that decodes, and the others their reasons", async () => {
    const root = await hospital("decoded");
    const table = await readHospital({ ...source(root), images: "decode" });
    const hash = pixelHash(await decodeImage(path.join(root, "a.png")));
    expect(table.hashes).toEqual(
      new Map([
        ["a.png", hash],
        ["b.dcm", hash],
      ]),
    );
    expect(table.records.map(({ id }) => id)).toEqual(["a.png", "b.dcm"]);
    expect(table.excluded.map(({ id, reason }) => [id, reason])).toEqual([
      ["cut.png", "unreadable image"],
      ["none.png", "missing file"],
    ]);
    expect(table.verification).toBeUndefined();
  });

  it("has no hashes where nothing was decoded", async () => {
    const root = await hospital("exist");
    const table = await readHospital({ ...source(root), images: "exist" });
    expect(table.records).toHaveLength(3);
    expect(table).not.toHaveProperty("hashes");
  });

  it("keeps what it found, and says what it used of it", async () => {
    const root = await hospital("kept");
    const verified = path.join(scratch, "kept.verified.jsonl");
    const input = { ...source(root), images: "decode", verified } as const;
    const first = await readHospital(input);
    expect(first.verification).toEqual({ reused: 0, damagedLines: 0 });
    await appendFile(verified, '{"decoder":');
    const second = await readHospital(input);
    expect(second).toEqual({ ...first, verification: { reused: 3, damagedLines: 1 } });
  });
});

describe("listImages", () => {
  it("names PNG, JPEG and DICOM files in order, and nothing else", async () => {
    const folder = path.join(scratch, "listed");
    await mkdir(folder);
    for (const name of ["z.PNG", "b.jpeg", "a.dcm", "c.JPG", "d.dicom", "notes.txt", "e.dcm.part"])
      await writeFile(path.join(folder, name), "");
    expect(await listImages(folder)).toEqual(["a.dcm", "b.jpeg", "c.JPG", "d.dicom", "z.PNG"]);
    expect(await listImages(path.join(folder, "none"))).toEqual([]);
  });
});
