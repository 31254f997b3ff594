import path from "node:path";
import { labelColumnReader } from "../labels/label-columns.ts";
import { UserError } from "../util/user-error.ts";
import { type ChexpertHome, findChexpert } from "./chexpert-home.ts";
import { chexpertRecord, chexpertView, studyOf, withoutRelease } from "./chexpert-record.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { readAge, readSex } from "./demographics.ts";
import type { ChexpertSource } from "./hospital-source.ts";
import { listImages } from "./list-images.ts";
import type { HospitalTable } from "./record.ts";
import { type SaidLabels, saidLabels } from "./said-labels.ts";
import { type ImageProgress, type RowPlace, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";

/**
 * CheXpert, full or small: `train.csv` and `valid.csv` with a row an image (`Path`), and the test truth, which has
 * either a row an image or a row a study (`Study`), joined here to the images in the study's folder. A source row of
 * the latter is an image, or a study that has none.
 * Frontal images of which the table does not say AP or PA have the view `frontal`. Age 0 (3 rows) is unknown.
 * Not covered: the full release as it is downloaded in batches; put their folders into one.
 */
export async function readChexpert(
  source: ChexpertSource,
  onProgress?: ImageProgress,
): Promise<HospitalTable> {
  const home = await findChexpert(source);
  const builder = new TableBuilder(source.root);
  const file = builder.nameOf(home.table);
  const studies: StudyRow[] = [];
  let sourceRows = 0;
  await readCsv(home.table, ["No Finding", "Cardiomegaly"], (header) => {
    const readLabels = labelColumnReader(header.has);
    if (header.has("Path")) {
      return (row) => {
        sourceRows++;
        builder.take({ file, row: row.line }, readImage(row, saidLabels(row, readLabels), home, source));
      };
    }
    if (header.has("Study")) {
      return (row) => {
        studies.push({
          place: { file, row: row.line },
          text: row.get("Study"),
          said: saidLabels(row, readLabels),
        });
      };
    }
    throw new UserError(
      `${home.table}: neither a column "Path" nor a column "Study"; is this a CheXpert table?`,
    );
  });
  for (const study of studies) {
    const verdicts = await readStudy(study, home, source);
    sourceRows += verdicts.length;
    for (const verdict of verdicts) builder.take(study.place, verdict);
  }
  return builder.finish(sourceRows, source, onProgress);
}

/** A row of a table of studies. */
interface StudyRow {
  readonly place: RowPlace;
  readonly text: string;
  readonly said: SaidLabels;
}

function readImage(row: CsvRow, said: SaidLabels, home: ChexpertHome, source: ChexpertSource): RowVerdict {
  const text = row.get("Path");
  const id = withoutRelease(text);
  const owner = id === null ? null : studyOf(id);
  const projection = row.get("AP/PA");
  const view = chexpertView(row.get("Frontal/Lateral") || text, projection);
  if (said.kind === "problem") return refuse(text, "malformed row", said.problem);
  if (id === null) return refuse(text, "path outside root", text);
  if (owner === null) return refuse(id, "malformed row", "no patient and study in the path");
  if (view === "lateral") return refuse(id, "lateral view", projection);
  if (view === "unknown") return refuse(id, "unknown view", row.get("Frontal/Lateral"));
  const age = readAge(row.get("Age"));
  const person = { view, sex: readSex(row.get("Sex")), age: age === 0 ? null : age };
  return { kind: "record", record: chexpertRecord(id, owner, person, said.labels, home, source) };
}

/** A row that names a study is a verdict for each of the study's images, or one when it has none. */
async function readStudy(
  { text, said }: StudyRow,
  home: ChexpertHome,
  source: ChexpertSource,
): Promise<RowVerdict[]> {
  const study = withoutRelease(text);
  const owner = study === null ? null : studyOf(study);
  if (said.kind === "problem") return [refuse(text, "malformed row", said.problem)];
  if (study === null) return [refuse(text, "path outside root", text)];
  if (owner === null) return [refuse(text, "malformed row", "no patient and study in the path")];
  const images = await listImages(path.join(source.root, home.inside, study));
  if (images.length === 0) return [refuse(text, "missing file", "the study has no images")];
  return images.map((name): RowVerdict => {
    const id = `${study}/${name}`;
    const view = chexpertView(name, "");
    if (view === "lateral") return refuse(id, "lateral view", name);
    if (view === "unknown") return refuse(id, "unknown view", name);
    const person = { view, sex: null, age: null };
    return { kind: "record", record: chexpertRecord(id, owner, person, said.labels, home, source) };
  });
}
