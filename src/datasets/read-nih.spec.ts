import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { readHospital } from "./read-hospital.ts";
import { type ScratchHospital, scratchHospital } from "./scratch-hospital.ts";

let hospital: ScratchHospital | undefined;
afterEach(async () => {
  await hospital?.remove();
  hospital = undefined;
});

const HEADER =
  "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position," +
  "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]";
const line = (image: string, findings: string, patient = "1", view = "PA", age = "58"): string =>
  `${image},${findings},0,${patient},${age},M,${view},2682,2749,0.143,0.143`;

describe("readNih", () => {
  it("reads the official folders, with the labels and who the patient is", async () => {
    hospital = await scratchHospital(
      { "Data_Entry_2017_v2020.csv": [HEADER, line("00000001_000.png", "Mass|Emphysema")].join("\n") },
      ["images_007/images/00000001_000.png"],
    );
    const { records } = await readHospital({ kind: "nih", root: hospital.root, site: "nih" });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      id: "00000001_000.png",
      patient: "1",
      image: "images_007/images/00000001_000.png",
      view: "PA",
      sex: "M",
      age: 58,
      licence: "open",
    });
    expect(LABELS.filter((label) => records[0]?.labels[label] === 1)).toEqual(["Lung Lesion"]);
  });

  it("reads a flat folder, the older table's ages, and finds every image by itself", async () => {
    hospital = await scratchHospital(
      {
        "Data_Entry_2017.csv": [`${HEADER},`, `${line("a.png", "No Finding", "3", "AP", "058Y")},`].join(
          "\r\n",
        ),
      },
      ["images/a.png"],
    );
    const { records } = await readHospital({
      kind: "nih",
      root: hospital.root,
      site: "nih",
      images: "decode",
    });
    expect(records[0]).toMatchObject({ image: "images/a.png", age: 58, view: "AP" });
  });

  it("finds images in the root itself too", async () => {
    hospital = await scratchHospital(
      { "Data_Entry_2017_v2020.csv": [HEADER, line("a.png", "Edema")].join("\n") },
      ["a.png"],
    );
    const { records } = await readHospital({ kind: "nih", root: hospital.root, site: "nih" });
    expect(records[0]).toMatchObject({ image: "a.png" });
  });

  it("sets every other row aside with its reason", async () => {
    const rows = [
      line("ok.png", "Edema"),
      line("gone.png", "Edema"),
      line("cut.png", "Edema"),
      line("odd.png", "Edema|Scoliosis"),
      line("blank.png", ""),
      line("../up.png", "Edema"),
      line("side.png", "Edema", "1", "LL"),
      line("nobody.png", "Edema", ""),
      line("ok.png", "Edema"),
    ];
    hospital = await scratchHospital({ "Data_Entry_2017_v2020.csv": [HEADER, ...rows].join("\n") }, [
      "images/ok.png",
    ]);
    await writeFile(path.join(hospital.root, "images/cut.png"), "not a picture");
    const { records, excluded, sourceRows } = await readHospital({
      kind: "nih",
      root: hospital.root,
      site: "nih",
      images: "decode",
    });
    expect(records.map(({ id }) => id)).toEqual(["ok.png"]);
    expect(Object.fromEntries(excluded.map(({ row, reason }) => [row, reason]))).toEqual({
      3: "missing file",
      4: "unreadable image",
      5: "unknown label",
      6: "no label",
      7: "path outside root",
      8: "unknown view",
      9: "malformed row",
      10: "duplicate row",
    });
    expect(sourceRows).toBe(9);
    expect(excluded.find(({ row }) => row === 5)?.detail).toBe("Scoliosis");
  });

  it("reads the set that a list names", async () => {
    hospital = await scratchHospital({
      "Data_Entry_2017_v2020.csv": [HEADER, line("a.png", "Edema"), line("b.png", "Edema")].join("\n"),
      "test_list.txt": "b.png\r\n",
    });
    const source = { kind: "nih", root: hospital.root, site: "nih", images: "unchecked" } as const;
    const { records, excluded } = await readHospital({ ...source, set: "test" });
    expect(records.map(({ id }) => id)).toEqual(["b.png"]);
    expect(excluded.map(({ reason }) => reason)).toEqual(["not in split"]);
    await expect(readHospital({ ...source, set: "train_val" })).rejects.toThrow(/train_val_list\.txt/);
  });
});
