import path from "node:path";
import { isLabel, type Label, type LabelRow, type LabelValue, labelRow } from "../labels/label.ts";
import { labelColumnReader } from "../labels/label-columns.ts";
import { UserError } from "../util/user-error.ts";
import { type CsvHeader, type CsvRow, readCsv } from "./csv.ts";
import { readAge, readSex } from "./demographics.ts";
import { findTable } from "./find-table.ts";
import type { FolderSource } from "./hospital-source.ts";
import { pathInRoot } from "./path-in-root.ts";
import type { ExclusionReason, HospitalTable, ImageRecord, View } from "./record.ts";
import { saidLabels } from "./said-labels.ts";
import { type ImageProgress, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";

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
    const read = header.has("labels") ? listedLabels(source) : columnLabels(table, header, source);
    return (row) => builder.take({ file, row: row.line }, readRow(row, source, read));
  });
  return builder.finish(rows, source.images, onProgress);
}

/** What a row says of the labels, or why it says nothing that can be read. */
type LabelReading =
  | { readonly kind: "labels"; readonly labels: LabelRow }
  | { readonly kind: "refused"; readonly reason: ExclusionReason; readonly detail: string };

/** Labels joined by `|` in one column. */
function listedLabels({ stated }: FolderSource): (row: CsvRow) => LabelReading {
  return (row) => {
    const names = row.get("labels");
    if (names === "") return { kind: "refused", reason: "no label", detail: "labels is blank" };
    const listed = names.split("|").map((name) => name.trim());
    const unknown = listed.find((name) => !isLabel(name) || !stated.includes(name));
    if (unknown !== undefined) return { kind: "refused", reason: "unknown label", detail: unknown };
    return { kind: "labels", labels: listedRow(listed.filter(isLabel), stated) };
  };
}

/** A column a label. One that the source does not state is not read: it would say more than the hospital can. */
function columnLabels(
  table: string,
  { has }: CsvHeader,
  { stated }: FolderSource,
): (row: CsvRow) => LabelReading {
  const missing = stated.filter((label) => !has(label));
  if (missing.length > 0) {
    throw new UserError(
      `${table}: neither a column "labels" nor one for ${missing.join(", ")}; name in \`stated\` the labels it has`,
    );
  }
  const readLabels = labelColumnReader((column) => stated.some((label) => label === column));
  return (row) => {
    const said = saidLabels(row, readLabels);
    if (said.kind === "labels") return said;
    return { kind: "refused", reason: "malformed row", detail: said.problem };
  };
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

function listedRow(listed: readonly Label[], stated: readonly Label[]): LabelRow {
  const values: Partial<Record<Label, LabelValue>> = {};
  for (const label of stated) values[label] = listed.includes(label) ? 1 : 0;
  return labelRow(values);
}

/** The view in any case; blank is unknown, which a folder's images may be; null is a word that means no view. */
export function folderView(text: string): View | null {
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
