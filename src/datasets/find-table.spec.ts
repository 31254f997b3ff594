import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findTable, findTableName, listFolder } from "./find-table.ts";
import { type ScratchHospital, scratchHospital } from "./scratch-hospital.ts";

let hospital: ScratchHospital | undefined;
afterEach(async () => {
  await hospital?.remove();
  hospital = undefined;
});

const METADATA = /^mimic-cxr-\d+\.\d+\.\d+-metadata\.csv$/;

describe("findTable", () => {
  it("takes the newest release, unpacked rather than packed, whatever the order in the folder", async () => {
    const names = [
      "mimic-cxr-2.0.0-metadata.csv",
      "mimic-cxr-2.1.0-metadata.csv.gz",
      "mimic-cxr-2.1.0-metadata.csv",
      "a-mimic-cxr-9.0.0-metadata.csv",
    ];
    hospital = await scratchHospital(Object.fromEntries(names.map((name) => [name, ""])));
    const file = await findTable(hospital.root, METADATA, "metadata");
    expect(path.basename(file)).toBe("mimic-cxr-2.1.0-metadata.csv");
  });

  it("says where it looked for what", async () => {
    hospital = await scratchHospital({ "other.csv": "" });
    expect(await findTableName(hospital.root, METADATA)).toBe(null);
    await expect(findTable(hospital.root, METADATA, "metadata.csv")).rejects.toThrow(
      /hospital-.*: no metadata\.csv \(or \.gz\) here/,
    );
    await expect(listFolder(path.join(hospital.root, "none"))).rejects.toMatchObject({ exitCode: 2 });
  });
});
