import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { labelRow } from "../labels/label.ts";
import { readHospital } from "./read-hospital.ts";
import { type ScratchHospital, scratchHospital } from "./scratch-hospital.ts";

let hospital: ScratchHospital | undefined;
afterEach(async () => {
  await hospital?.remove();
  hospital = undefined;
});

const lines = (...rows: string[]): string => `${rows.join("\n")}\n`;
const image = (patient: string, study: string, id: string) =>
  `files/p${patient.slice(0, 2)}/p${patient}/s${study}/${id}.jpg`;

function tables(version: string): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries({
      metadata: lines(
        "dicom_id,subject_id,study_id,ViewPosition,StudyDate",
        "a-1,10000032,50000001,AP,21800506",
        "a-2,10000032,50000001,LATERAL,21800506",
        "b-1,11000011,50000002,PA,21300101",
        "c-1,11000011,50000003,,21300101",
        "d-1,11000011,50000004,PA,21300101",
        "../e,11000011,50000002,PA,21300101",
        "f-1,11000011,50000005,PA,21300101",
      ),
      split: lines(
        "dicom_id,study_id,subject_id,split",
        "a-1,50000001,10000032,train",
        "b-1,50000002,11000011,validate",
      ),
      chexpert: lines(
        "subject_id,study_id,Cardiomegaly,Edema,No Finding",
        "10000032,50000001,,1.0,",
        "11000011,50000002,-1.0,0.0,",
        "11000011,50000003,,,1.0",
        "11000011,50000005,,,",
      ),
      negbio: lines("subject_id,study_id,Cardiomegaly,Edema,No Finding", "10000032,50000001,1.0,,"),
    }).map(([name, text]) => [`mimic-cxr-${version}-${name}.csv.gz`, gzipSync(text)]),
  );
}

describe("readMimic", () => {
  it.each(["2.0.0", "2.1.0"])("joins the tables of %s, and sets every other image aside", async (version) => {
    const here = [image("10000032", "50000001", "a-1"), image("11000011", "50000002", "b-1")];
    hospital = await scratchHospital(tables(version), here);
    const { records, excluded, sourceRows } = await readHospital({
      kind: "mimic",
      root: hospital.root,
      site: "mimic",
      images: "decode",
    });
    expect(records.map((record) => [record.id, record.image, record.view, record.licence])).toEqual([
      ["a-1", here[0], "AP", "credentialed"],
      ["b-1", here[1], "PA", "credentialed"],
    ]);
    expect(records.map(({ labels }) => labels)).toEqual([
      labelRow({ Edema: 1 }),
      labelRow({ Cardiomegaly: -1, Edema: 0 }),
    ]);
    expect(Object.fromEntries(excluded.map(({ row, reason }) => [row, reason]))).toEqual({
      3: "lateral view",
      5: "unknown view",
      6: "no label",
      7: "malformed row",
      8: "no label",
    });
    expect(sourceRows).toBe(7);
  });

  it("takes one split, or the other labeler, when asked", async () => {
    hospital = await scratchHospital(tables("2.0.0"));
    const source = { kind: "mimic", root: hospital.root, site: "mimic", images: "unchecked" } as const;
    const validate = await readHospital({ ...source, set: "validate" });
    expect(validate.records.map(({ id }) => id)).toEqual(["b-1"]);
    expect(validate.excluded.filter(({ reason }) => reason === "not in split")).toHaveLength(6);
    const negbio = await readHospital({ ...source, labeler: "negbio" });
    expect(negbio.records.map(({ labels }) => labels)).toEqual([labelRow({ Cardiomegaly: 1 })]);
  });

  it("takes the studies of 2.1.0 whose labels were curated by hand, which have no patient of their own", async () => {
    const curated = lines(
      "study_id,No Finding,Airspace Opacity,Cardiomegaly,Edema",
      "50000002,,1.0,-1.0,0.0",
      "50000001,1.0,,,",
      "59999999,,1.0,,",
    );
    hospital = await scratchHospital({
      ...tables("2.0.0"),
      "mimic-cxr-2.1.0-test-set-labeled.csv": curated,
    });
    const { records, excluded, sourceRows } = await readHospital({
      kind: "mimic",
      root: hospital.root,
      site: "mimic",
      set: "test-labeled",
      images: "unchecked",
    });
    expect(records.map(({ id, patient, labels }) => [id, patient, labels])).toEqual([
      ["a-1", "10000032", labelRow({ "No Finding": 1 })],
      ["b-1", "11000011", labelRow({ "Lung Opacity": 1, Cardiomegaly: -1, Edema: 0 })],
    ]);
    // Seven images, and one study that has none.
    expect(sourceRows).toBe(8);
    expect(excluded.filter(({ reason }) => reason === "not in split").map(({ id }) => id)).toEqual([
      "c-1",
      "d-1",
      "f-1",
    ]);
    expect(excluded.filter(({ reason }) => reason === "missing file")).toEqual([
      {
        file: "mimic-cxr-2.1.0-test-set-labeled.csv",
        row: 4,
        id: "59999999",
        reason: "missing file",
        detail: "the metadata has no image of the study",
      },
    ]);
  });

  it("believes neither of two rows of labels that disagree about a study", async () => {
    const text = lines(
      "subject_id,study_id,Cardiomegaly,Edema,No Finding",
      "10000032,50000001,,1.0,",
      "11000011,50000002,,1.0,",
      "10000032,50000001,,0.0,",
      "11000011,50000002,,1.0,",
    );
    hospital = await scratchHospital({
      ...tables("2.0.0"),
      "mimic-cxr-2.0.0-chexpert.csv.gz": gzipSync(text),
    });
    const source = { kind: "mimic", root: hospital.root, site: "mimic", images: "unchecked" } as const;
    const { records, excluded } = await readHospital(source);
    expect(records.map(({ id }) => id)).toEqual(["b-1"]);
    expect(excluded.find(({ id }) => id === "a-1")).toMatchObject({
      reason: "malformed row",
      detail: "labels of study 50000001: lines 2 and 4 of mimic-cxr-2.0.0-chexpert.csv.gz disagree",
    });
  });

  it("takes sex and age from MIMIC-IV's patients where they lie beside", async () => {
    const patients = lines(
      "subject_id,gender,anchor_age,anchor_year",
      "10000032,F,52,2180",
      "11000011,M,89,2126",
    );
    hospital = await scratchHospital({ ...tables("2.0.0"), "patients.csv": patients });
    const { records } = await readHospital({
      kind: "mimic",
      root: hospital.root,
      site: "mimic",
      images: "unchecked",
    });
    expect(records.map(({ sex, age }) => [sex, age])).toEqual([
      ["F", 52],
      ["M", 91],
    ]);
  });

  it("names the table that is missing", async () => {
    const { "mimic-cxr-2.0.0-chexpert.csv.gz": _labels, ...others } = tables("2.0.0");
    hospital = await scratchHospital(others);
    await expect(readHospital({ kind: "mimic", root: hospital.root, site: "mimic" })).rejects.toThrow(
      /no mimic-cxr-2\.0\.0-chexpert\.csv/,
    );
  });
});
