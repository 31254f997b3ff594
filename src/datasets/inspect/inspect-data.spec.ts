import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { LABELS } from "../../labels/label.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { importHospital } from "../import-hospital.ts";
import { writeMirror } from "../testing/write-mirror.ts";
import { inspectData } from "./inspect-data.ts";
import { type InspectReport, inspectReport } from "./inspect-report.ts";
import { renderInspection } from "./render-inspection.ts";

const folder = scratchFolder();

async function inspect(name: string, lines: readonly string[]): Promise<InspectReport> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, name.endsWith(".gz") ? gzipSync(lines.join("\n")) : lines.join("\n"));
  return inspectReport(name, await inspectData(file));
}

const CHEXPERT = [
  "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Cardiomegaly,Edema,Lung Opacity",
  "CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,,1.0,-1.0,1.0",
  "CheXpert-v1.0-small/train/patient00001/study1/view2_lateral.jpg,Female,68,Lateral,,,1.0,-1.0,1.0",
  "CheXpert-v1.0-small/train/patient00002/study1/view1_frontal.jpg,Male,40,Frontal,PA,1.0,0.0,,",
  "CheXpert-v1.0-small/train/patient00003/study1/view1_frontal.jpg,Unknown,0,Frontal,LL,,,,1.0",
  "CheXpert-v1.0-small/train/patient00002/study1/view1_frontal.jpg,Male,40,Frontal,PA,1.0,0.0,,",
  "CheXpert-v1.0-small/train/patient00004/study1/view1_frontal.jpg,Male,40,Frontal,PA,maybe,,,",
  "CheXpert-v1.0-small/../../patient5/study1/view1_frontal.jpg,Male,40,Frontal,PA,1.0,,,",
];

describe("inspectData of a file", () => {
  it("knows CheXpert's table by its columns and counts images, lateral ones too", async () => {
    const report = await inspect("anything.csv.gz", CHEXPERT);
    expect(report).toMatchObject({
      schema: "chexreason.data/1",
      source: "anything.csv.gz",
      format: "chexpert",
      images: 4,
      studies: null,
      patients: 3,
      frontal: 3,
      rows: 7,
      setAside: { "duplicate row": 1, "malformed row": 1, "path outside root": 1 },
      views: { AP: 1, PA: 1, frontal: 1, lateral: 1, unknown: 0 },
      sex: { F: 2, M: 1, unknown: 1 },
      age: { known: 3, unknown: 1, min: 40, q1: 54, median: 68, q3: 68, max: 68 },
    });
    expect(report.labels.Cardiomegaly).toEqual({ positive: 2, negative: 1, uncertain: 0, blank: 1 });
    expect(report.labels.Edema).toEqual({ positive: 0, negative: 0, uncertain: 2, blank: 2 });
    expect(report.labels.Fracture.blank).toBe(4);
    // Both in two of four rows; Cardiomegaly in two, Lung Opacity in three: 2 * 4 / (2 * 3).
    expect(report.pairs).toEqual([
      { labels: ["Cardiomegaly", "Lung Opacity"], both: 2, ofFirst: 1, ofSecond: 2 / 3, lift: 8 / 6 },
    ]);
  });

  it("counts NIH's own words beside the nine labels", async () => {
    const report = await inspect("nih.csv", [
      "Image Index,Finding Labels,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height]",
      "a.png,Mass|Effusion,1,50,M,PA,1,2",
      "b.png,Nodule|Mass,1,51,M,AP,1,2",
      "c.png,No Finding,2,414,F,PA,1,2",
      "d.png,Scoliosis,3,50,F,PA,1,2",
      "e.png,,3,50,F,PA,1,2",
    ]);
    expect(report).toMatchObject({
      format: "nih",
      images: 4,
      patients: 3,
      frontal: 4,
      setAside: { "unknown label": 1 },
      findings: { Mass: 2, Effusion: 1, Nodule: 1, "No Finding": 1 },
      age: { known: 3, unknown: 1 },
    });
    expect(report.labels["Lung Lesion"]).toEqual({ positive: 2, negative: 1, uncertain: 0, blank: 1 });
    expect(report.labels["Pleural Effusion"].blank).toBe(4);
  });

  it.each([
    ["groundtruth.csv", "Study,Lung Lesion,Lung Opacity", "test/patient1/study1,0,1", "chexpert-studies", 1],
    ["negbio.csv", "subject_id,study_id,Lung Opacity,No Finding", "10000032,5,1.0,", "mimic-labels", 1],
    ["curated.csv", "study_id,Airspace Opacity,No Finding", "5,1.0,", "mimic-labels", null],
  ])("knows %s as a table of studies, which has no images", async (name, header, row, format, patients) => {
    const report = await inspect(name, [header, row]);
    expect(report).toMatchObject({ format, studies: 1, images: null, frontal: null, views: null, patients });
    expect(report.labels["Lung Opacity"].positive).toBe(1);
    expect(renderInspection(report)).toContain(
      patients === null ? "1 study, whose is not said" : "1 study of 1 patient",
    );
  });

  it("knows MIMIC's metadata and a plain folder's table", async () => {
    const metadata = await inspect("metadata.csv", [
      "dicom_id,subject_id,study_id,ViewPosition",
      "a,1,5,AP",
      "b,1,5,LATERAL",
      "c,2,6,",
    ]);
    expect(metadata).toMatchObject({ format: "mimic-metadata", images: 3, patients: 2, frontal: 1 });
    const listed = await inspect("labels.csv", [
      "image,labels,view",
      "a.png,Edema|Fracture,ap",
      "b.png,No Finding,",
    ]);
    expect(listed).toMatchObject({ format: "folder", images: 2, patients: 2, frontal: 1 });
    expect(listed.labels.Edema).toEqual({ positive: 1, negative: 1, uncertain: 0, blank: 0 });
    const columns = await inspect("columns.csv", ["image,Edema", "a.png,-1", "b.png,x"]);
    expect(columns).toMatchObject({ images: 1, setAside: { "malformed row": 1 } });
  });

  it("refuses what it does not know, with what it has", async () => {
    await expect(inspect("odd.csv", ["a,b", "1,2"])).rejects.toThrow(
      /odd\.csv: not a table of MIMIC-CXR-JPG, CheXpert, NIH .*; its columns are a, b/,
    );
    await expect(inspectData(path.join(folder, "none"))).rejects.toMatchObject({ exitCode: 2 });
    await expect(inspectData(path.join(folder, "odd.csv"), { kind: "nih" })).rejects.toMatchObject({
      exitCode: 2,
    });
    const mirror = path.join(folder, "mirror", "data", "test-00000-of-00001.parquet");
    await writeMirror(mirror, [{ bytes: null, path: null, findings: ["Edema"], patient: 1 }]);
    await expect(inspectData(mirror)).rejects.toThrow(/not a table that chexreason wrote.*give the folder/);
    const release = inspectReport("mirror", await inspectData(path.join(folder, "mirror")));
    expect(release).toMatchObject({ format: "nih", images: 1, patients: 1 });
  });
});

describe("inspectData of a release, and of the table made from it", () => {
  it("counts what the reader takes, and the rows it sets aside", async () => {
    const root = path.join(folder, "release");
    await mkdir(root);
    await writeFile(path.join(root, "train.csv"), CHEXPERT.join("\n"));
    const options = { set: ["set=train"] };
    const report = inspectReport("release", await inspectData(root, options));
    const reasons = {
      "duplicate row": 1,
      "lateral view": 1,
      "malformed row": 1,
      "path outside root": 1,
    };
    expect(report).toMatchObject({ format: "chexpert", images: 3, rows: 7, setAside: reasons });
    const out = path.join(folder, "out");
    const source = { kind: "chexpert", set: "train", root, site: "stanford", images: "unchecked" } as const;
    const imported = await importHospital(source, out);
    expect(imported).toMatchObject({ sourceRows: 7, records: 3, excluded: 4, reasons });
    const table = inspectReport("table", await inspectData(path.join(out, "stanford.parquet")));
    expect(table).toMatchObject({ format: "chexreason", images: 3, rows: 3 });
    expect([table.labels, table.pairs, table.age, table.views]).toEqual([
      report.labels,
      report.pairs,
      report.age,
      report.views,
    ]);
  });

  it("has to know whose it is", async () => {
    const empty = path.join(folder, "empty");
    await mkdir(empty);
    await expect(inspectData(empty)).rejects.toThrow(/no hospital's tables here; say which by --kind/);
    await writeFile(path.join(empty, "labels.csv"), "image,labels\n");
    await writeFile(path.join(empty, "Data_Entry_2017.csv"), "");
    await expect(inspectData(empty)).rejects.toThrow(/the tables of nih and folder here/);
    await expect(inspectData(empty, { kind: "folder", set: ["stated"] })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/write key=value/),
    });
  });
});

describe("renderInspection", () => {
  it("prints counts that add up, and no 0 % for a label that is not stated", async () => {
    const report = await inspect("rendered.csv", CHEXPERT);
    const text = renderInspection(report);
    expect(text).toContain("4 images of 3 patients; 3 frontal");
    expect(text).toContain(
      "7 rows = 4 counted + 3 set aside (duplicate row 1, malformed row 1, path outside root 1)",
    );
    const line = (label: string) => text.split("\n").find((each) => each.startsWith(label));
    expect(line("Cardiomegaly")?.trim().split(/ {2,}/)).toEqual([
      "Cardiomegaly",
      "2",
      "50.0 %",
      "1",
      "0",
      "1",
    ]);
    expect(line("Fracture")?.trim().split(/ {2,}/)).toEqual(["Fracture", "4"]);
    for (const label of LABELS) expect(line(label)).toBeDefined();
  });
});
