import { readFile } from "node:fs/promises";
import path from "node:path";
import { messageOf, UserError } from "../util/user-error.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { findTable, listFolder } from "./find-table.ts";
import type { NihSource } from "./hospital-source.ts";
import { listImages } from "./list-images.ts";
import { nihVerdict } from "./nih-record.ts";
import { isMirror, readNihMirror } from "./read-nih-mirror.ts";
import type { HospitalTable } from "./record.ts";
import { type ImageProgress, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";

/**
 * NIH ChestX-ray14: `Data_Entry_2017_v2020.csv` (or `Data_Entry_2017.csv`), images in `images_001..012/images/` or
 * flat in `images/` or the root; with a set, `train_val_list.txt` or `test_list.txt`. A source row is a row of the
 * table. The header's brackets hold commas that split it just as they split the rows, so the columns read here stay in
 * place. A root without that table that holds the Parquet mirror is read by `read-nih-mirror.ts`, as are its sets.
 */
export async function readNih(source: NihSource, onProgress?: ImageProgress): Promise<HospitalTable> {
  const { root, set } = source;
  if (await isMirror(source)) return readNihMirror(source, onProgress);
  const table =
    source.table === undefined
      ? await findTable(root, /^Data_Entry_2017(_v2020)?\.csv$/, "Data_Entry_2017_v2020.csv")
      : path.resolve(root, source.table);
  const listed = set === "all" ? null : await readList(path.join(root, `${set}_list.txt`));
  const folders = await findImages(root);
  const builder = new TableBuilder(root);
  const file = builder.nameOf(table);
  const required = ["Image Index", "Finding Labels", "Patient ID", "View Position"];
  const rows = await readCsv(table, required, () => (row) => {
    const id = row.get("Image Index");
    const verdict =
      listed !== null && !listed.has(id)
        ? refuse(id, "not in split", `not in ${set}_list.txt`)
        : readRow(row, folders, source);
    builder.take({ file, row: row.line }, verdict);
  });
  return builder.finish(rows, source, onProgress);
}

function readRow(row: CsvRow, folders: ReadonlyMap<string, string>, source: NihSource): RowVerdict {
  const id = row.get("Image Index");
  if (row.problem !== null) return refuse(id, "malformed row", row.problem);
  if (/[/\\\0]/.test(id) || id === "..") return refuse(id, "path outside root", id);
  const findings = row.get("Finding Labels");
  const entry = {
    id,
    patient: row.get("Patient ID"),
    image: path.posix.join(folders.get(id) ?? "images", id),
    view: row.get("View Position"),
    sex: row.get("Patient Gender") || row.get("Patient Sex"),
    age: row.get("Patient Age"),
    findings: findings === "" ? [] : findings.split("|").map((name) => name.trim()),
  };
  return nihVerdict(entry, source);
}

/** The folder, relative to the root, of every image that is there. */
async function findImages(root: string): Promise<Map<string, string>> {
  const parts = (await listFolder(root)).filter((name) => /^images(_\d+)?$/.test(name));
  const folders = [...parts.flatMap((name) => [name, `${name}/images`]), ""];
  const where = new Map<string, string>();
  for (const folder of folders) {
    for (const name of await listImages(path.join(root, folder)))
      if (!where.has(name)) where.set(name, folder);
  }
  return where;
}

async function readList(file: string): Promise<Set<string>> {
  try {
    return new Set((await readFile(file, "utf8")).split(/\s+/).filter((name) => name !== ""));
  } catch (error) {
    throw new UserError(`${file}: the list of this set cannot be read: ${messageOf(error)}`, 1, {
      cause: error,
    });
  }
}
