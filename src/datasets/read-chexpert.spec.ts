import { rm } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { LABELS, labelRow } from "../labels/label.ts";
import { csvField } from "./excluded-file.ts";
import type { HospitalSourceInput } from "./hospital-source.ts";
import { readHospital } from "./read-hospital.ts";
import { type ScratchHospital, scratchHospital } from "./scratch-hospital.ts";

let hospital: ScratchHospital | undefined;
afterEach(async () => {
  await hospital?.remove();
  hospital = undefined;
});

async function read(
  tables: Record<string, string | Uint8Array>,
  images: string[],
  options: Partial<Extract<HospitalSourceInput, { kind: "chexpert" }>> = {},
) {
  hospital = await scratchHospital(tables, images);
  return readHospital({ kind: "chexpert", root: hospital.root, site: "stanford", set: "train", ...options });
}

const HEADER = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", ...LABELS];
/** A row of the training table with labels by name; those not given are blank. */
function row(cells: Record<string, string>): Record<string, string> {
  return { Sex: "Female", Age: "50", "Frontal/Lateral": "Frontal", "AP/PA": "AP", ...cells };
}
const table = (
  rows: Record<string, string>[],
  header: readonly string[] = HEADER,
  lineBreak = "\n",
): string =>
  [header, ...rows.map((cells) => header.map((column) => csvField(cells[column] ?? "")))]
    .map((fields) => fields.join(",") + lineBreak)
    .join("");

const IMAGE = "train/patient00001/study2/view1_frontal.jpg";
const release = (image: string): string => `CheXpert-v1.0-small/${image}`;

describe("the training table", () => {
  it("becomes records", async () => {
    const { records, excluded, sourceRows } = await read(
      {
        "train.csv": table([row({ Path: release(IMAGE), Edema: "1.0", Fracture: "-1.0", Pneumonia: "0.0" })]),
      },
      [IMAGE],
    );
    expect(excluded).toEqual([]);
    expect(sourceRows).toBe(1);
    expect(records).toEqual([
      {
        id: IMAGE,
        patient: "patient00001",
        study: "patient00001/study2",
        image: IMAGE,
        view: "AP",
        sex: "F",
        age: 50,
        site: "stanford",
        licence: "no-redistribution",
        labels: labelRow({ Edema: 1, Fracture: -1, Pneumonia: 0 }),
      },
    ]);
  });

  it("is found in the release's folder too, gzipped, and the images with it", async () => {
    const content = gzipSync(table([row({ Path: release(IMAGE), Edema: "1" })]));
    const { records } = await read({ "CheXpert-v1.0-small/train.csv.gz": content }, [release(IMAGE)]);
    expect(records[0]).toMatchObject({ id: IMAGE, image: release(IMAGE) });
  });

  it("is read alike from the full and the small release, whatever the folder is called", async () => {
    const read1 = async (name: string) => {
      const content = table([row({ Path: `${name}/${IMAGE}`, Edema: "1.0", Fracture: "-1.0" })]);
      const { records } = await read({ [`${name}/train.csv`]: content }, [`${name}/${IMAGE}`]);
      await hospital?.remove();
      return records.map((record) => ({ ...record, image: record.image.replace(`${name}/`, "") }));
    };
    expect(await read1("CheXpert-v1.0")).toEqual(await read1("CheXpert-v1.0-small"));
  });

  it("sets every other row aside with its reason and line", async () => {
    const at = (study: number, name = "view1_frontal.jpg") => `train/patient00009/study${study}/${name}`;
    const rows = [
      row({ Path: release(at(1)), Edema: "1.0" }),
      row({
        Path: release(at(2, "view2_lateral.jpg")),
        "Frontal/Lateral": "Lateral",
        "AP/PA": "",
        Edema: "1.0",
      }),
      row({ Path: release(at(3)) }),
      row({ Path: release(at(4)), Edema: "1.0" }),
      row({ Path: release("../../secret/patient1/study1/view1_frontal.jpg"), Edema: "1.0" }),
      row({ Path: release(at(1)), Edema: "1.0" }),
      row({ Path: release(at(1)), Edema: "0.0" }),
      row({ Path: release(at(5)), Edema: "maybe" }),
      row({ Path: "somewhere.jpg", Edema: "1.0" }),
    ];
    const { records, excluded, sourceRows } = await read({ "train.csv": `${table(rows)}1,2\n` }, [
      at(1),
      at(5),
    ]);
    expect(records.map(({ id }) => id)).toEqual([at(1)]);
    expect(sourceRows).toBe(10);
    expect(excluded.map(({ row: line, reason }) => [line, reason]).sort()).toEqual([
      [10, "malformed row"],
      [11, "malformed row"],
      [3, "lateral view"],
      [4, "no label"],
      [5, "missing file"],
      [6, "path outside root"],
      [7, "duplicate row"],
      [8, "duplicate row"],
      [9, "malformed row"],
    ]);
    expect(excluded.every(({ file }) => file === "train.csv")).toBe(true);
    expect(excluded.find(({ row: line }) => line === 7)?.detail).toMatch(/line 2.*same content/);
    expect(excluded.find(({ row: line }) => line === 8)?.detail).toMatch(/other content/);
  });

  it("knows the oddities of the real table: LL among frontal views, sex unknown, age 0", async () => {
    const { records } = await read(
      {
        "train.csv": table([
          row({ Path: release(IMAGE), "AP/PA": "LL", Sex: "Unknown", Age: "0", Edema: "1" }),
        ]),
      },
      [IMAGE],
    );
    expect(records[0]).toMatchObject({ view: "frontal", sex: null, age: null });
  });

  it("gives the same records whatever the order of the columns, with others between them, and by any line break", async () => {
    const rows = [1, 2, 3].map((study) =>
      row({ Path: release(`train/patient7/study${study}/view1_frontal.jpg`), Edema: "1.0", Other: 'a,"b"' }),
    );
    const plain = await read({ "train.csv": table(rows) }, [], { images: "unchecked" });
    await hospital?.remove();
    const headers = fc.shuffledSubarray([...HEADER, "Other", "Extra"], { minLength: HEADER.length + 2 });
    await fc.assert(
      fc.asyncProperty(headers, fc.boolean(), fc.boolean(), async (header, crlf, mark) => {
        const text = (mark ? "\uFEFF" : "") + table(rows, header, crlf ? "\r\n" : "\n");
        const { records } = await read({ "train.csv": text }, [], { images: "unchecked" });
        await hospital?.remove();
        expect(records).toEqual(plain.records);
      }),
      { numRuns: 25 },
    );
  });
});

describe("the test truth", () => {
  const frontal = "test/patient64741/study1/view1_frontal.jpg";
  const second = "test/patient64741/study1/view3_frontal.jpg";
  const lateral = "test/patient64741/study1/view2_lateral.jpg";

  it("of studies is joined to their frontal images", async () => {
    const truth = [
      ["Study", ...LABELS].join(","),
      [
        "CheXpert-v1.0/test/patient64741/study1",
        ...LABELS.map((label) => (label === "Edema" ? "1" : "0")),
      ].join(","),
      ["CheXpert-v1.0/test/patient64742/study1", ...LABELS.map(() => "0")].join(","),
      ["CheXpert-v1.0/../../x/patient1/study1", ...LABELS.map(() => "0")].join(","),
    ].join("\n");
    const { records, excluded, sourceRows } = await read(
      { "groundtruth.csv": truth },
      [frontal, second, lateral],
      {
        set: "test",
      },
    );
    expect(records.map(({ id, view, patient }) => [id, view, patient])).toEqual([
      [frontal, "frontal", "patient64741"],
      [second, "frontal", "patient64741"],
    ]);
    expect(records[0]?.labels).toEqual(
      labelRow(Object.fromEntries(LABELS.map((l) => [l, l === "Edema" ? 1 : 0]))),
    );
    expect(excluded.map(({ row: line, reason }) => [line, reason])).toEqual([
      [2, "lateral view"],
      [3, "missing file"],
      [4, "path outside root"],
    ]);
    expect(sourceRows).toBe(5);
  });

  it.each(["test_labels.csv", "test.csv", "groundtruth.csv"])("goes by the name of %s", async (name) => {
    const truth = `Study,${LABELS.join(",")}\nCheXpert-v1.0/test/patient64741/study1${",1".repeat(LABELS.length)}\n`;
    const { records } = await read({ [name]: truth }, [frontal, lateral], { set: "test" });
    expect(records.map(({ id }) => id)).toEqual([frontal]);
  });

  it("is read by name: a reader's file with Lung Lesion before Lung Opacity says the same", async () => {
    const swapped = LABELS.map((label) =>
      label === "Lung Opacity" ? "Lung Lesion" : label === "Lung Lesion" ? "Lung Opacity" : label,
    );
    const text = (columns: readonly string[]): string =>
      `Study,${columns.join(",")}\ntest/patient64741/study1,${columns.map((label) => (label === "Lung Lesion" ? 1 : 0)).join(",")}\n`;
    const plain = await read({ "groundtruth.csv": text(LABELS) }, [frontal], { set: "test" });
    await hospital?.remove();
    const { records } = await read({ "readers/bc4.csv": text(swapped) }, [frontal], {
      set: "test",
      table: "readers/bc4.csv",
    });
    expect(records).toEqual(plain.records);
    expect(records[0]?.labels).toMatchObject({ "Lung Lesion": 1, "Lung Opacity": 0 });
  });

  it("of images needs no column but the path and the labels", async () => {
    const truth = `Path,${LABELS.join(",")}\n${[frontal, lateral].map((image) => `${image},${LABELS.map(() => "0").join(",")}\n`).join("")}`;
    const { records, excluded } = await read({ "test_labels.csv": truth }, [frontal, lateral], {
      set: "test",
    });
    expect(records.map(({ id }) => id)).toEqual([frontal]);
    expect(excluded.map(({ reason }) => reason)).toEqual(["lateral view"]);
  });
});

describe("a hospital that cannot be read", () => {
  it("is named with what to do", async () => {
    const text = table([row({ Path: release(IMAGE), Edema: "1" })]);
    await expect(read({ "train.csv": text }, [])).rejects.toThrow(
      /none of 1 rows can be used: missing file 1/,
    );
    const { root } = hospital ?? { root: "" };
    await expect(readHospital({ kind: "chexpert", root, site: "s", set: "valid" })).rejects.toThrow(
      /no valid\.csv/,
    );
    await rm(path.join(root, "train.csv"));
    await expect(
      readHospital({ kind: "chexpert", root: `${root}/none`, site: "s", set: "train" }),
    ).rejects.toThrow(/cannot be listed \(ENOENT\); check the root/);
    await expect(read({ "train.csv": "Sex,No Finding,Cardiomegaly\nF,1,0\n" }, [])).rejects.toThrow(
      /neither a column "Path" nor a column "Study"/,
    );
  });

  it("has its configuration checked", async () => {
    const source = { kind: "chexpert", root: ".", site: "s", set: "trian" } as unknown as HospitalSourceInput;
    await expect(readHospital(source)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/set/),
    });
  });
});
