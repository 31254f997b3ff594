import { readFile } from "node:fs/promises";
import path from "node:path";
import { readNihFindings } from "../labels/nih.ts";
import { messageOf, UserError } from "../util/user-error.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { readAge, readSex } from "./demographics.ts";
import { findTable, listFolder } from "./find-table.ts";
import type { NihSource } from "./hospital-source.ts";
import { listImages } from "./list-images.ts";
import type { HospitalTable, ImageRecord } from "./record.ts";
import { type ImageProgress, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";

/**
 * NIH ChestX-ray14: `Data_Entry_2017_v2020.csv` (or `Data_Entry_2017.csv`), images in `images_001..012/images/` or
 * flat in `images/`; with a set, `train_val_list.txt` or `test_list.txt`. A source row is a row of the table. The
 * header's brackets hold commas that split it just as they split the rows, so the columns read here stay in place.
 * Not covered: the Parquet mirror.
 */
export async function readNih(source: NihSource, onProgress?: ImageProgress): Promise<HospitalTable> {
  const { root, set } = source;
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
  return builder.finish(rows, source.images, onProgress);
}

function readRow(row: CsvRow, folders: ReadonlyMap<string, string>, source: NihSource): RowVerdict {
  const id = row.get("Image Index");
  const patient = row.get("Patient ID");
  const view = row.get("View Position");
  const findings = row.get("Finding Labels");
  if (row.problem !== null) return refuse(id, "malformed row", row.problem);
  if (/[/\\\0]/.test(id) || id === "..") return refuse(id, "path outside root", id);
  if (id === "" || patient === "") return refuse(id, "malformed row", "no image or no patient");
  if (view !== "AP" && view !== "PA") return refuse(id, "unknown view", view);
  if (findings === "") return refuse(id, "no label", "Finding Labels is blank");
  const names = findings.split("|").map((name) => name.trim());
  const reading = readNihFindings(names, source);
  if (reading.kind === "unknown") return refuse(id, "unknown label", reading.finding);
  const record: ImageRecord = {
    id,
    patient,
    study: id.replace(/\.[^.]*$/, ""),
    image: `${folders.get(id) ?? "images"}/${id}`,
    view,
    sex: readSex(row.get("Patient Gender") || row.get("Patient Sex")),
    age: readAge(row.get("Patient Age")),
    site: source.site,
    licence: source.licence ?? "open",
    labels: reading.row,
  };
  return { kind: "record", record };
}

/** The folder, relative to the root, of every image that is there. */
async function findImages(root: string): Promise<Map<string, string>> {
  const folders = (await listFolder(root))
    .filter((name) => /^images(_\d+)?$/.test(name))
    .flatMap((name) => [name, `${name}/images`]);
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
