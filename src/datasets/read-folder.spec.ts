import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Label, labelRow } from "../labels/label.ts";
import { readHospital, sourceLabels } from "./read-hospital.ts";
import { type ScratchHospital, scratchHospital } from "./scratch-hospital.ts";

let hospital: ScratchHospital | undefined;
afterEach(async () => {
  await hospital?.remove();
  hospital = undefined;
});

describe("readFolder", () => {
  it("needs image and labels only; an image without a patient is one of its own", async () => {
    hospital = await scratchHospital(
      { "labels.csv": "labels,image\nEdema | Fracture,x/a.png\nNo Finding,b.png\n" },
      ["x/a.png", "b.png"],
    );
    const stated: Label[] = ["Edema", "Fracture", "No Finding"];
    const source = { kind: "folder", root: hospital.root, site: "mine", stated } as const;
    const { records } = await readHospital(source);
    expect(records).toEqual([
      {
        id: "x/a.png",
        patient: "x/a.png",
        study: "x/a.png",
        image: "x/a.png",
        view: "unknown",
        sex: null,
        age: null,
        site: "mine",
        licence: "no-redistribution",
        labels: labelRow({ Edema: 1, Fracture: 1, "No Finding": 0 }),
      },
      expect.objectContaining({ id: "b.png", labels: labelRow({ Edema: 0, Fracture: 0, "No Finding": 1 }) }),
    ]);
    const narrower = await readHospital({ ...source, stated: ["Edema", "Fracture"] });
    expect(narrower.excluded.map(({ reason, detail }) => [reason, detail])).toEqual([
      ["unknown label", "No Finding"],
    ]);
    expect(sourceLabels(source)).toEqual(["No Finding", "Edema", "Fracture"]);
  });

  it("reads a column a label in place of the list, uncertain and blank apart", async () => {
    const rows = ["image,Fracture,Edema,Other", "a.png,1,-1.0,x", "b.png,,0,x", "c.png,2,0,x", "d.png,,,x"];
    hospital = await scratchHospital({ "labels.csv": rows.join("\n") });
    const source = { kind: "folder", root: hospital.root, site: "mine", images: "unchecked" } as const;
    const { records, excluded } = await readHospital({ ...source, stated: ["Edema", "Fracture"] });
    expect(records.map(({ id, labels }) => [id, labels])).toEqual([
      ["a.png", labelRow({ Edema: -1, Fracture: 1 })],
      ["b.png", labelRow({ Edema: 0 })],
    ]);
    expect(excluded.map(({ row, reason, detail }) => [row, reason, detail])).toEqual([
      [4, "malformed row", 'Fracture is "2"'],
      [5, "no label", "all 14 labels are blank"],
    ]);
    // A column that the source does not state would say more than it can.
    const narrower = await readHospital({ ...source, stated: ["Edema"] });
    expect(narrower.records[0]?.labels).toEqual(labelRow({ Edema: -1 }));
    await expect(readHospital(source)).rejects.toThrow(
      /neither a column "labels" nor one for No Finding, .*Support Devices; name in `stated` the labels it has/,
    );
  });

  it("reads the other columns where they are, and the given table", async () => {
    const table = "image,patient,study,view,sex,age,labels\na.png,p1,s1,pa,f,61,Edema\n";
    hospital = await scratchHospital({ "tables/mine.csv": table }, ["a.png"]);
    const { records } = await readHospital({
      kind: "folder",
      root: hospital.root,
      site: "mine",
      table: "tables/mine.csv",
      licence: "synthetic",
    });
    expect(records[0]).toMatchObject({
      patient: "p1",
      study: "s1",
      view: "PA",
      sex: "F",
      age: 61,
      licence: "synthetic",
    });
  });

  it("sets rows aside that name no picture below the root, or no label of ours", async () => {
    const rows = [
      "a.png,Edema,AP",
      "../a.png,Edema,AP",
      "/a.png,Edema,AP",
      "b.png,Oedema,AP",
      "c.png,,AP",
      "d.png,Edema,lateral",
      "e.png,Edema,oblique",
      "loop.png,Edema,AP",
      "folder,Edema,AP",
      "./x/../a.png,Edema,AP",
    ];
    hospital = await scratchHospital({ "labels.csv": ["image,labels,view", ...rows].join("\n") }, ["a.png"]);
    await symlink("loop.png", path.join(hospital.root, "loop.png"));
    await mkdir(path.join(hospital.root, "folder"));
    const { records, excluded } = await readHospital({ kind: "folder", root: hospital.root, site: "mine" });
    expect(records.map(({ id }) => id)).toEqual(["a.png"]);
    expect(Object.fromEntries(excluded.map(({ row, reason }) => [row, reason]))).toEqual({
      3: "path outside root",
      4: "path outside root",
      5: "unknown label",
      6: "no label",
      7: "lateral view",
      8: "unknown view",
      9: "unreadable image",
      10: "unreadable image",
      11: "duplicate row",
    });
  });
});
