import path from "node:path";
import type { Label } from "../labels/label.ts";
import { UserError } from "../util/user-error.ts";
import { type CsvHeader, type CsvRow, readCsv } from "./csv.ts";
import { readAge, readSex } from "./demographics.ts";
import { findTable } from "./find-table.ts";
import { columnLabels, type LabelReading, listedLabels } from "./folder-labels.ts";
import type { FolderSource } from "./hospital-source.ts";
import { pathInRoot } from "./path-in-root.ts";
import type { HospitalTable, ImageRecord } from "./record.ts";
import { type ImageProgress, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";
import { folderView } from "./views.ts";

/**
 * A plain folder with `labels.csv`: `image,labels` and, where known, `patient,study,view,sex,age`. Labels are the
 * ontology's names joined by `|`; of the labels that the source states, those not listed are negative. In place of
 * `labels` there may be a column for each label that the source states, with 1, 0, -1 or blank. An image without a
 * patient is a patient of its own: whoever has several images a patient has to say so, since sets are kept apart by
 * patient.
 */
export async function readFolder(source: FolderSource, onProgress?: ImageProgress): Promise<HospitalTable> {
  const { root } = source;
  const table =
    source.table === undefined
      ? await findTable(root, /^labels\.csv$/, "labels.csv")
      : path.resolve(root, source.table);
  const builder = new TableBuilder(root);
  const file = builder.nameOf(table);
  const rows = await readCsv(table, ["image"], (header) => {
    if (!header.has("labels")) refuseMissing(table, header, source.stated);
    const read = header.has("labels") ? listedLabels(source.stated) : columnLabels(source.stated);
    return (row) => builder.take({ file, row: row.line }, readRow(row, source, read));
  });
  return builder.finish(rows, source, onProgress);
}

/** Throws where the table has neither the list of labels nor a column for each that the source states. */
function refuseMissing(table: string, { has }: CsvHeader, stated: readonly Label[]): void {
  const missing = stated.filter((label) => !has(label));
  if (missing.length === 0) return;
  throw new UserError(
    `${table}: neither a column "labels" nor one for ${missing.join(", ")}; name in \`stated\` the labels it has`,
  );
}

function readRow(row: CsvRow, source: FolderSource, read: (row: CsvRow) => LabelReading): RowVerdict {
  const text = row.get("image");
  if (row.problem !== null) return refuse(text, "malformed row", row.problem);
  if (text === "") return refuse(text, "malformed row", "no image");
  const image = pathInRoot(text);
  if (image === null) return refuse(text, "path outside root", text);
  const view = folderView(row.get("view"));
  if (view === null) return refuse(image, "unknown view", row.get("view"));
  if (view === "lateral") return refuse(image, "lateral view", row.get("view"));
  const reading = read(row);
  if (reading.kind === "refused") return refuse(image, reading.reason, reading.detail);
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
    labels: reading.labels,
  };
  return { kind: "record", record };
}
