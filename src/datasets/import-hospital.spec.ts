import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { importHospital, renderImport } from "./import-hospital.ts";
import { type ScratchHospital, scratchHospital } from "./scratch-hospital.ts";
import { readTable } from "./table-file.ts";

let hospital: ScratchHospital | undefined;
afterEach(async () => {
  await hospital?.remove();
  hospital = undefined;
});

describe("importHospital", () => {
  it("puts every row into one of two files, and says how many went where", async () => {
    const lines = [
      "image,labels",
      "a.png,Edema",
      "b.png,Edema",
      "c.png,Oedema",
      "d.png,Edema",
      "a.png,Edema",
    ];
    hospital = await scratchHospital({ "labels.csv": lines.join("\n") }, ["a.png", "b.png"]);
    await writeFile(path.join(hospital.root, "b.png"), "cut off");
    const out = path.join(hospital.root, "out");
    const source = { kind: "folder", root: hospital.root, site: "mine" } as const;

    const report = await importHospital({ ...source, images: "decode" }, out);
    expect(report).toEqual({
      schema: "chexreason.data-import/1",
      name: "mine",
      table: path.join(out, "mine.parquet"),
      excludedFile: path.join(out, "mine.excluded.csv"),
      sourceRows: 5,
      records: 1,
      excluded: 4,
      reasons: { "unknown label": 1, "duplicate row": 1, "unreadable image": 1, "missing file": 1 },
      verified: 1,
      reused: 0,
    });
    expect((await readTable(report.table)).map(({ id, site }) => [id, site])).toEqual([["a.png", "mine"]]);
    const excluded = (await readFile(report.excludedFile, "utf8")).trim().split("\n");
    expect(excluded[0]).toBe("file,row,id,reason,detail");
    expect(
      excluded
        .slice(1)
        .map((line) => line.split(",").slice(0, 4).join(","))
        .sort(),
    ).toEqual([
      "labels.csv,3,b.png,unreadable image",
      "labels.csv,4,c.png,unknown label",
      "labels.csv,5,d.png,missing file",
      "labels.csv,6,a.png,duplicate row",
    ]);
    expect(renderImport(report)).toMatch(/^5 rows = 1 in .*mine\.parquet \+ 4 in .*mine\.excluded\.csv\n/);

    // The same again opens no picture that it knows, and writes the same table.
    const before = await readFile(report.table);
    const again = await importHospital({ ...source, images: "decode" }, out);
    expect(again.reused).toBeGreaterThan(0);
    expect((await readFile(again.table)).equals(before)).toBe(true);

    const quick = await importHospital({ ...source, images: "exist" }, out);
    expect(quick).toMatchObject({ records: 2, verified: null });
    expect(renderImport(quick)).toContain("the images were not decoded");
  });

  it("takes no name that leads elsewhere", async () => {
    hospital = await scratchHospital({ "labels.csv": "image,labels\na.png,Edema\n" }, ["a.png"]);
    const out = path.join(hospital.root, "out");
    for (const site of ["../mine", "a/b", ".hidden", "a\\b"]) {
      const source = { kind: "folder", root: hospital.root, site } as const;
      await expect(importHospital(source, out)).rejects.toMatchObject({ exitCode: 2 });
    }
    expect(await readdir(hospital.root)).not.toContain("out");
  });
});
