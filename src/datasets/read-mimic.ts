import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { labelColumnReader } from "../labels/label-columns.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { findTable, findTableName } from "./find-table.ts";
import type { MimicSource } from "./hospital-source.ts";
import { type MimicPatient, mimicPerson, readMimicPatients } from "./mimic-patients.ts";
import type { HospitalTable } from "./record.ts";
import { type SaidLabels, saidLabels } from "./said-labels.ts";
import { type ImageProgress, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";
import { mimicView } from "./views.ts";

/** The table of the studies whose labels were curated by hand. */
const CURATED = "test-set-labeled";

/**
 * MIMIC-CXR-JPG: `mimic-cxr-2.x.0-metadata`, `-split` and `-chexpert` (or `-negbio`) tables, images under
 * `files/p10/p10000032/s50414267/<dicom_id>.jpg`. A source row is an image of the metadata table. Sex and age are
 * known where MIMIC-IV's `patients.csv` lies beside the tables. The set `test-labeled` is that of
 * `mimic-cxr-2.1.0-test-set-labeled.csv`, whose studies stand in for both labels and split; one of them that has no image
 * in the metadata is a source row too.
 * Not covered: race (MIMIC-IV's `admissions.csv`; a record has no such field).
 */
export async function readMimic(source: MimicSource, onProgress?: ImageProgress): Promise<HospitalTable> {
  const { root, set, labeler } = source;
  const table = (name: string): Promise<string> =>
    findTable(
      root,
      new RegExp(`^mimic-cxr-\\d+\\.\\d+\\.\\d+-${name}\\.csv$`),
      `mimic-cxr-${name === CURATED ? "2.1.0" : "2.0.0"}-${name}.csv`,
    );
  const metadata = source.table === undefined ? await table("metadata") : path.resolve(root, source.table);
  const curated = set === "test-labeled";
  const labelTable = await table(curated ? CURATED : labeler);
  const labels = await readStudyLabels(labelTable);
  const beside = { labels, patients: await readPatients(root) };
  const splits = curated || set === "all" ? null : await readSplits(await table("split"));
  const outside = (row: CsvRow): string | null => {
    if (curated) return labels.has(row.get("study_id")) ? null : "not in the table of curated labels";
    const split = splits?.get(row.get("dicom_id"));
    return splits === null || split === set ? null : (split ?? "not in the split table");
  };
  const builder = new TableBuilder(root);
  const file = builder.nameOf(metadata);
  const seen = new Set<string>();
  const required = ["dicom_id", "subject_id", "study_id", "ViewPosition"];
  let rows = await readCsv(metadata, required, () => (row) => {
    const split = outside(row);
    const id = row.get("dicom_id");
    seen.add(row.get("study_id"));
    const verdict = split === null ? readImage(row, beside, source) : refuse(id, "not in split", split);
    builder.take({ file, row: row.line }, verdict);
  });
  if (curated) {
    const lost = [...labels].filter(([study]) => !seen.has(study));
    for (const [study, { line }] of lost) {
      const place = { file: builder.nameOf(labelTable), row: line };
      builder.take(place, refuse(study, "missing file", "the metadata has no image of the study"));
    }
    rows += lost.length;
  }
  return builder.finish(rows, source, onProgress);
}

/** What a label table says of a study, and on which line. */
interface StudyLabels {
  readonly line: number;
  readonly said: SaidLabels;
}

/** The tables that are joined to the metadata: labels by study, persons by patient. */
interface JoinedTables {
  readonly labels: ReadonlyMap<string, StudyLabels>;
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
  const said = labels.get(study)?.said;
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

/** The labels of each study. Of a study that is listed twice, and differently, nothing is believed. */
async function readStudyLabels(file: string): Promise<Map<string, StudyLabels>> {
  const studies = new Map<string, StudyLabels>();
  await readCsv(file, ["study_id", "No Finding", "Cardiomegaly"], (header) => {
    const readLabels = labelColumnReader(header.has);
    return (row) => {
      const study = row.get("study_id");
      const said = saidLabels(row, readLabels);
      const first = studies.get(study);
      if (first === undefined) studies.set(study, { line: row.line, said });
      else if (!isDeepStrictEqual(first.said, said)) {
        const problem = `lines ${first.line} and ${row.line} of ${path.basename(file)} disagree`;
        studies.set(study, { line: first.line, said: { kind: "problem", problem } });
      }
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
