import path from "node:path";
import { isLabel, type Label, type LabelRow, type LabelValue, labelRow } from "../labels/label.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { readAge, readSex } from "./demographics.ts";
import { findTable } from "./find-table.ts";
import type { FolderSource } from "./hospital-source.ts";
import { pathInRoot } from "./path-in-root.ts";
import type { HospitalTable, ImageRecord, View } from "./record.ts";
import { type ImageProgress, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";

/**
 * A plain folder with `labels.csv`: `image,labels` and, where known, `patient,study,view,sex,age`. Labels are the
 * ontology's names joined by `|`; of the labels that the source states, those not listed are negative. An image
 * without a patient is a patient of its own: whoever has several images a patient has to say so, since sets are
 * kept apart by patient.
 */
export async function readFolder(source: FolderSource, onProgress?: ImageProgress): Promise<HospitalTable> {
  const { root } = source;
  const table =
    source.table === undefined
      ? await findTable(root, /^labels\.csv$/, "labels.csv")
      : path.resolve(root, source.table);
  const builder = new TableBuilder(root);
  const file = builder.nameOf(table);
  const rows = await readCsv(table, ["image", "labels"], () => (row) => {
    builder.take({ file, row: row.line }, readRow(row, source));
  });
  return builder.finish(rows, source.images, onProgress);
}

function readRow(row: CsvRow, source: FolderSource): RowVerdict {
  const text = row.get("image");
  const names = row.get("labels");
  if (row.problem !== null) return refuse(text, "malformed row", row.problem);
  if (text === "") return refuse(text, "malformed row", "no image");
  const image = pathInRoot(text);
  if (image === null) return refuse(text, "path outside root", text);
  const view = folderView(row.get("view"));
  if (view === null) return refuse(image, "unknown view", row.get("view"));
  if (view === "lateral") return refuse(image, "lateral view", row.get("view"));
  if (names === "") return refuse(image, "no label", "labels is blank");
  const listed = names.split("|").map((name) => name.trim());
  const unknown = listed.find((name) => !isLabel(name) || !source.stated.includes(name));
  if (unknown !== undefined) return refuse(image, "unknown label", unknown);
  const record: ImageRecord = {
    id: image,
    patient: row.get("patient") || image,
    study: row.get("study") || image,
    image,
    view,
    sex: readSex(row.get("sex")),
    age: readAge(row.get("age")),
    site: source.site,
    licence: source.licence ?? "no-redistribution",
    labels: listedRow(listed.filter(isLabel), source.stated),
  };
  return { kind: "record", record };
}

function listedRow(listed: readonly Label[], stated: readonly Label[]): LabelRow {
  const values: Partial<Record<Label, LabelValue>> = {};
  for (const label of stated) values[label] = listed.includes(label) ? 1 : 0;
  return labelRow(values);
}

/** The view in any case; blank is unknown, which a folder's images may be; null is a word that means no view. */
function folderView(text: string): View | null {
  switch (text.toLowerCase()) {
    case "":
    case "unknown":
      return "unknown";
    case "ap":
      return "AP";
    case "pa":
      return "PA";
    case "frontal":
      return "frontal";
    case "lateral":
      return "lateral";
    default:
      return null;
  }
}
