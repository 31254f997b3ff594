import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { labelRow } from "../../labels/label.ts";
import { tallyLabels } from "../../labels/label-tally.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import { writeLabelFigures } from "./write-label-figures.ts";

const folder = scratchFolder();

it("writes two pictures that say whose they are", async () => {
  const source = tallyLabels([labelRow({ Edema: 1, Fracture: 1 }), labelRow({ Edema: 1, Fracture: 0 })]);
  const cohort = tallyLabels([labelRow({ Edema: 1, Fracture: 1 })]);
  const files = await writeLabelFigures(path.join(folder, "new"), [
    ["source", source],
    ["cohort", cohort],
  ]);
  expect(files.map((file) => path.basename(file))).toEqual(
    await readdir(path.join(folder, "new")).then((names) => names.reverse()),
  );
  const [shares = "", together = ""] = await Promise.all(files.map((file) => readFile(file, "utf8")));
  expect(shares).toContain("source: Edema 100.0 %, Fracture 50.0 %; cohort: Edema 100.0 %, Fracture 100.0 %");
  expect(together).toContain("source: of Fracture 100 % have Edema, of Edema 50 % have Fracture");
  for (const svg of [shares, together]) expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
});
