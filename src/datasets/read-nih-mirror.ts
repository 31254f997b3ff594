import path from "node:path";
import { z } from "zod";
import { describeIssue } from "../util/describe-issue.ts";
import { streamParquet } from "../util/parquet.ts";
import { UserError } from "../util/user-error.ts";
import { EXTRACTED, extractMirror, type WantedImage } from "./extract-mirror.ts";
import { findTableName } from "./find-table.ts";
import type { NihSource } from "./hospital-source.ts";
import { findMirrorFiles, MIRROR_SPLITS, type MirrorFile } from "./nih-mirror-files.ts";
import { nihVerdict } from "./nih-record.ts";
import type { HospitalTable } from "./record.ts";
import { type ImageProgress, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";

/** Columns of the mirror, as its card lists them: a picture, the findings, and who it is of. */
const SELECT = {
  path: ["image", "path"],
  findings: ["label"],
  age: ["Patient Age"],
  sex: ["Patient Gender"],
  view: ["View Position"],
  patient: ["Patient ID"],
} as const;

const text = z.union([z.string(), z.number()]).nullable();
const rowSchema = z.object({
  path: z.string().nullable(),
  findings: z.union([z.array(z.string()), z.string()]).nullable(),
  age: text,
  sex: z.string().nullable(),
  view: z.string().nullable(),
  patient: text,
});

/** Whether the root holds the Parquet mirror and no official table, or a set of the mirror is asked for. */
export async function isMirror({ root, set, table }: NihSource): Promise<boolean> {
  if (set.startsWith("mirror-")) return true;
  if (table !== undefined || (await findTableName(root, /^Data_Entry_2017(_v2020)?\.csv$/)) !== null)
    return false;
  if ((await findMirrorFiles(root)).length === 0) return false;
  if (set === "all") return true;
  const sets = MIRROR_SPLITS.map((split) => `mirror-${split}`).join(", ");
  throw new UserError(
    `${root}: this is the Parquet mirror, whose splits are not NIH's ${set}; choose set all, ${sets}`,
    2,
  );
}

/**
 * The Parquet mirror of NIH ChestX-ray14 (hub dataset BahaaEldin0/NIH-Chest-Xray-14): pictures and rows in one table,
 * with splits of its own, of which nothing says that they keep patients apart. A source row is a row of a Parquet file.
 * An image's id is NIH's file name where the mirror kept it, and else the Parquet file's name and the row. Unless the
 * images are not to be looked at, they are written to `extracted/` in the mirror's folder.
 */
export async function readNihMirror(source: NihSource, onProgress?: ImageProgress): Promise<HospitalTable> {
  const { root, set } = source;
  const files = await findMirrorFiles(root);
  const chosen = files.filter(({ split }) => set === "all" || set === `mirror-${split}`);
  if (chosen.length === 0) {
    throw new UserError(
      `${root}: no Parquet file of the mirror's ${set} here (data/train-00000-of-00097.parquet, for example); check the root`,
      2,
    );
  }
  const builder = new TableBuilder(root);
  // Of an image that comes twice the first row is the record, so its bytes are the ones to keep.
  const wanted = new Map<string, WantedImage>();
  let rows = 0;
  for (const file of chosen) {
    let row = 0;
    await streamParquet(path.join(root, file.file), SELECT, "NIH's Parquet mirror", (cells) => {
      row++;
      const verdict = readRow(cells, file, row, source);
      builder.take({ file: file.file, row }, verdict);
      if (verdict.kind !== "record") return;
      const { id, image } = verdict.record;
      if (!wanted.has(id)) wanted.set(id, { file, row, image });
    });
    rows += row;
  }
  if (source.images !== "unchecked") await extractMirror(root, [...wanted.values()], onProgress);
  return builder.finish(rows, source, onProgress);
}

function readRow(cells: unknown, file: MirrorFile, row: number, source: NihSource): RowVerdict {
  const numbered = `${file.name}-${row}`;
  const { data, error } = rowSchema.safeParse(cells);
  if (error !== undefined) return refuse(numbered, "malformed row", describeIssue(error, "the row"));
  const [, official, type] = /^(?:.*\/)?(\d{8}_\d{3})\.(png|jpe?g)$/i.exec(data.path ?? "") ?? [];
  const extension = type ?? (/\.png$/i.test(data.path ?? "") ? "png" : "jpg");
  const findings = typeof data.findings === "string" ? data.findings.split("|") : (data.findings ?? []);
  const entry = {
    id: official === undefined ? numbered : `${official}.png`,
    patient: String(data.patient ?? ""),
    image: `${EXTRACTED}/${file.split}/${official ?? numbered}.${extension.toLowerCase()}`,
    view: data.view ?? "",
    sex: data.sex ?? "",
    age: String(data.age ?? ""),
    findings: findings.map((name) => name.trim()).filter((name) => name !== ""),
  };
  return nihVerdict(entry, source);
}
