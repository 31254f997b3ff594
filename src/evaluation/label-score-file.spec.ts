import path from "node:path";
import { expect, it } from "vitest";
import { byLabel, LABELS } from "../labels/label.ts";
import { writeParquet } from "../util/parquet.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { readLabelScores, writeLabelScores } from "./label-score-file.ts";

const folder = scratchFolder();
const file = path.join(folder, "x.scores.parquet");

it("keeps every digit, and an answer that could not be read", async () => {
  const rows = [
    { id: "a", patient: "p", site: "s", logOdds: byLabel((label) => Math.sin(label.length) / 3) },
    { id: "b", patient: "p", site: "s", logOdds: null },
  ];
  await writeLabelScores(file, rows);
  expect(await readLabelScores(file)).toEqual(rows);
});

it("refuses a row with the scores of some labels only", async () => {
  const columns = ["id", "patient", "site", ...LABELS].map((name, index) => ({
    name,
    type: index < 3 ? ("VARCHAR" as const) : ("DOUBLE" as const),
  }));
  await writeParquet(file, columns, [{ id: "a", patient: "p", site: "s", Edema: 1 }]);
  await expect(readLabelScores(file)).rejects.toThrow(
    `${file}: row 1, ${LABELS[0]}: no score beside those of other labels`,
  );
});
