import path from "node:path";
import { labelColumnReader } from "../labels/label-columns.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { findTable, findTableName } from "./find-table.ts";
import type { MimicSource } from "./hospital-source.ts";
import { type MimicPatient, mimicPerson, readMimicPatients } from "./mimic-patients.ts";
import type { HospitalTable, View } from "./record.ts";
import { type SaidLabels, saidLabels } from "./said-labels.ts";
import { type ImageProgress, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";

/**
 * MIMIC-CXR-JPG: `mimic-cxr-2.x.0-metadata`, `-split` and `-chexpert` (or `-negbio`) tables, images under
 * `files/p10/p10000032/s50414267/<dicom_id>.jpg`. A source row is an image of the metadata table. Sex and age are
 * known where MIMIC-IV's `patients.csv` lies beside the tables.
 * Not covered: the 2.1.0 test set that radiologists labelled.
 */
export async function readMimic(source: MimicSource, onProgress?: ImageProgress): Promise<HospitalTable> {
  const { root, set, labeler } = source;
  const table = (name: string): Promise<string> =>
    findTable(
      root,
      new RegExp(`^mimic-cxr-\\d+\\.\\d+\\.\\d+-${name}\\.csv$`),
      `mimic-cxr-2.0.0-${name}.csv`,
    );
  const metadata = source.table === undefined ? await table("metadata") : path.resolve(root, source.table);
  const beside = { labels: await readStudyLabels(await table(labeler)), patients: await readPatients(root) };
  const splits = set === "all" ? null : await readSplits(await table("split"));
  const builder = new TableBuilder(root);
  const file = builder.nameOf(metadata);
  const required = ["dicom_id", "subject_id", "study_id", "ViewPosition"];
  const rows = await readCsv(metadata, required, () => (row) => {
    const split = splits?.get(row.get("dicom_id"));
    const verdict =
      splits !== null && split !== set
        ? refuse(row.get("dicom_id"), "not in split", split ?? "not in the split table")
        : readImage(row, beside, source);
    builder.take({ file, row: row.line }, verdict);
  });
  return builder.finish(rows, source.images, onProgress);
}

/** The tables that are joined to the metadata: labels by study, persons by patient. */
interface JoinedTables {
  readonly labels: ReadonlyMap<string, SaidLabels>;
  readonly patients: ReadonlyMap<string, MimicPatient>;
}

function readImage(row: CsvRow, { labels, patients }: JoinedTables, source: MimicSource): RowVerdict {
  const id = row.get("dicom_id");
  const patient = row.get("subject_id");
  const study = row.get("study_id");
  if (row.problem !== null) return refuse(id, "malformed row", row.problem);
  // Ids become parts of a path: nothing but letters, digits and hyphens is let through.
  const odd = [id, patient, study].find((text) => !/^[A-Za-z0-9-]+$/.test(text));
  if (odd !== undefined) return refuse(id, "malformed row", `"${odd}" is not an id`);
  const view = mimicView(row.get("ViewPosition"));
  if (view === "lateral") return refuse(id, "lateral view", row.get("ViewPosition"));
  if (view === "unknown") return refuse(id, "unknown view", row.get("ViewPosition"));
  const said = labels.get(study);
  if (said === undefined) return refuse(id, "no label", `study ${study} is not in the label table`);
  if (said.kind === "problem")
    return refuse(id, "malformed row", `labels of study ${study}: ${said.problem}`);
  const record = {
    id,
    patient,
    study,
    image: `files/p${patient.slice(0, 2)}/p${patient}/s${study}/${id}.jpg`,
    view,
    ...mimicPerson(patients.get(patient), row.get("StudyDate")),
    site: source.site,
    licence: source.licence ?? "credentialed",
    labels: said.labels,
  };
  return { kind: "record", record };
}

/** DICOM's ViewPosition as MIMIC writes it. Oblique, axial and decubitus views are neither frontal nor lateral. */
function mimicView(text: string): View {
  if (text === "AP" || text === "PA") return text;
  return ["LATERAL", "LL", "RL", "XTABLE LATERAL"].includes(text) ? "lateral" : "unknown";
}

/** The labels of each study; of a study that is listed twice, the first row. */
async function readStudyLabels(file: string): Promise<Map<string, SaidLabels>> {
  const studies = new Map<string, SaidLabels>();
  await readCsv(file, ["study_id", "No Finding", "Cardiomegaly"], (header) => {
    const readLabels = labelColumnReader(header.has);
    return (row) => {
      const study = row.get("study_id");
      if (!studies.has(study)) studies.set(study, saidLabels(row, readLabels));
    };
  });
  return studies;
}

async function readPatients(root: string): Promise<Map<string, MimicPatient>> {
  const name = await findTableName(root, /^patients\.csv$/);
  return name === null ? new Map() : readMimicPatients(path.join(root, name));
}

async function readSplits(file: string): Promise<Map<string, string>> {
  const splits = new Map<string, string>();
  await readCsv(file, ["dicom_id", "split"], () => (row) => {
    splits.set(row.get("dicom_id"), row.get("split"));
  });
  return splits;
}
