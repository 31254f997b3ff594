import path from "node:path";
import type { Label, LabelRow } from "../labels/label.ts";
import { labelColumns, readLabelColumns } from "../labels/label-columns.ts";
import { UserError } from "../util/user-error.ts";
import { type ChexpertHome, findChexpert } from "./chexpert-home.ts";
import { chexpertRecord, chexpertView, studyOf, withoutRelease } from "./chexpert-record.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { readAge, readSex } from "./demographics.ts";
import type { ChexpertSource } from "./hospital-source.ts";
import { listImages } from "./list-images.ts";
import type { HospitalTable } from "./record.ts";
import { type ImageProgress, type RowPlace, type RowVerdict, refuse, TableBuilder } from "./table-builder.ts";

/**
 * CheXpert, full or small: `train.csv` and `valid.csv` with a row an image (`Path`), and the test truth, which has
 * either a row an image or a row a study (`Study`), joined here to the images in the study's folder. A source row of
 * the latter is an image, or a study that has none.
 * Frontal images of which the table does not say AP or PA have the view `frontal`. Age 0 (3 rows) is unknown.
 */
export async function readChexpert(
  source: ChexpertSource,
  onProgress?: ImageProgress,
): Promise<HospitalTable> {
  const home = await findChexpert(source);
  const rows = await readRows(home, source);
  const reader: Reader = { home, source };
  const builder = new TableBuilder(source.root);
  let sourceRows = 0;
  for (const row of rows) {
    const verdicts = row.names === "image" ? [readImage(row, reader)] : await readStudy(row, reader);
    for (const verdict of verdicts) builder.take(row.place, verdict);
    sourceRows += verdicts.length;
  }
  return builder.finish(sourceRows, source.images, onProgress);
}

interface Reader {
  readonly home: ChexpertHome;
  readonly source: ChexpertSource;
}

/** A row of any of the tables, with its labels or what is wrong with it. */
interface ChexpertRow {
  readonly names: "image" | "study";
  readonly place: RowPlace;
  /** The cell of `Path` or `Study`. */
  readonly text: string;
  readonly labels: LabelRow | null;
  readonly problem: string;
  readonly side: string;
  readonly projection: string;
  readonly sex: string;
  readonly age: string;
}

async function readRows({ table }: ChexpertHome, { root }: ChexpertSource): Promise<ChexpertRow[]> {
  const rows: ChexpertRow[] = [];
  const file = path.relative(root, table).split(path.sep).join("/");
  let columns = new Map<Label, string>();
  let names: "image" | "study" = "image";
  await readCsv(table, {
    required: ["No Finding", "Cardiomegaly"],
    onHeader: (header) => {
      columns = labelColumns(header.has);
      if (!header.has("Path") && !header.has("Study")) {
        throw new UserError(
          `${table}: neither a column "Path" nor a column "Study"; is this a CheXpert table?`,
        );
      }
      names = header.has("Path") ? "image" : "study";
    },
    onRow: (row) => {
      rows.push({
        names,
        place: { file, row: row.line },
        text: row.get(names === "image" ? "Path" : "Study"),
        ...readLabels(row, columns),
        side: row.get("Frontal/Lateral"),
        projection: row.get("AP/PA"),
        sex: row.get("Sex"),
        age: row.get("Age"),
      });
    },
  });
  return rows;
}

function readLabels(
  row: CsvRow,
  columns: ReadonlyMap<Label, string>,
): Pick<ChexpertRow, "labels" | "problem"> {
  if (row.problem !== null) return { labels: null, problem: row.problem };
  const reading = readLabelColumns(columns, (column) => row.get(column));
  if (reading.kind === "row") return { labels: reading.row, problem: "" };
  return { labels: null, problem: `${reading.label} is "${reading.text}"` };
}

function readImage(row: ChexpertRow, { home, source }: Reader): RowVerdict {
  const { text, labels } = row;
  const id = withoutRelease(text);
  const owner = id === null ? null : studyOf(id);
  const view = chexpertView(row.side || text, row.projection);
  if (labels === null) return refuse(text, "malformed row", row.problem);
  if (id === null) return refuse(text, "path outside root", text);
  if (owner === null) return refuse(id, "malformed row", "no patient and study in the path");
  if (view === "lateral") return refuse(id, "lateral view", row.projection);
  if (view === "unknown") return refuse(id, "unknown view", row.side);
  const age = readAge(row.age);
  const person = { view, sex: readSex(row.sex), age: age === 0 ? null : age };
  return { kind: "record", record: chexpertRecord(id, owner, person, labels, home, source) };
}

/** A row that names a study is a verdict for each of the study's images, or one when it has none. */
async function readStudy(row: ChexpertRow, { home, source }: Reader): Promise<RowVerdict[]> {
  const { text, labels } = row;
  const study = withoutRelease(text);
  const owner = study === null ? null : studyOf(study);
  if (labels === null) return [refuse(text, "malformed row", row.problem)];
  if (study === null) return [refuse(text, "path outside root", text)];
  if (owner === null) return [refuse(text, "malformed row", "no patient and study in the path")];
  const images = await listImages(path.join(source.root, home.inside, study));
  if (images.length === 0) return [refuse(text, "missing file", "the study has no images")];
  return images.map((name): RowVerdict => {
    const id = `${study}/${name}`;
    const view = chexpertView(name, "");
    if (view === "lateral") return refuse(id, "lateral view", name);
    if (view === "unknown") return refuse(id, "unknown view", name);
    return {
      kind: "record",
      record: chexpertRecord(id, owner, { view, sex: null, age: null }, labels, home, source),
    };
  });
}
