import { type CsvHeader, type CsvRow, readCsv } from "../../datasets/csv.ts";
import { isLabel, LABELS, type Label } from "../../labels/label.ts";
import { readLabelValue } from "../../labels/label-columns.ts";
import { UserError } from "../../util/user-error.ts";
import { readPredictions } from "../prediction-file.ts";

/** Names of the column that says which image or study a row is of; the first that a table has counts. */
const KEY_COLUMNS = [
  "Path",
  "Study",
  "Image Index",
  "dicom_id",
  "image",
  "image_id",
  "ImageID",
  "id",
  "study_id",
];
/** Names of the column that says which patient a row is of. */
const PATIENT_COLUMNS = ["patient", "patient_id", "PatientID", "Patient ID", "subject_id"];
/** CheXpert's releases differ in the first folder of their paths only. */
const RELEASE = /^CheXpert-v1\.0(?:-small)?\//;

/** What a table says of one image or study. */
export interface LabelFileRow {
  readonly key: string;
  /** From a column of the table; null where it has none. */
  readonly patient: string | null;
  /** The labels named; null where the answer could not be read. */
  readonly positive: readonly Label[] | null;
  readonly failure: string | null;
  /** As written, where the table holds probabilities. */
  readonly probabilities: Readonly<Partial<Record<Label, number>>> | null;
}

/** A table of labels: a hospital's truth, a reader's labels, or a model's predictions. */
export interface LabelFile {
  readonly file: string;
  readonly keyColumn: string;
  readonly patientColumn: string | null;
  /** The labels that it has a column for, in canonical order. */
  readonly labels: readonly Label[];
  readonly rows: readonly LabelFileRow[];
  /** Cells that were neither 1 nor 0 and counted as 0, by what they were, of each label. */
  readonly asNegative: Readonly<Record<"uncertain" | "blank", Readonly<Partial<Record<Label, number>>>>>;
}

export interface LabelFileOptions {
  /** Cells are probabilities; from this on a label counts as named. Absent: cells are 1, 0, -1 or blank. */
  readonly threshold?: number;
}

/**
 * Reads a CSV table of labels, by column name, in whatever order the columns come; or, ending in `.parquet`,
 * chexreason's own predictions. Uncertain (-1) and blank cells count as 0, as the paper has it, and are counted.
 * Throws UserError naming file, line and label.
 */
export async function readLabelFile(file: string, options: LabelFileOptions = {}): Promise<LabelFile> {
  if (file.endsWith(".parquet")) return ownPredictions(file);
  let header: CsvHeader = { columns: [], has: () => false };
  await readCsv(file, [], (found) => {
    header = found;
    return () => {};
  });
  const keyColumn = KEY_COLUMNS.find((name) => header.has(name));
  if (keyColumn === undefined) {
    throw new UserError(
      `${file}: no column says which image a row is of; call one ${KEY_COLUMNS.join(", ")} (it has ${header.columns.join(", ")})`,
    );
  }
  const labels = LABELS.filter((label) => header.has(label));
  if (labels.length === 0) {
    throw new UserError(
      `${file}: no column is called as one of the 14 labels; it has ${header.columns.join(", ")}`,
    );
  }
  const patientColumn = PATIENT_COLUMNS.find((name) => header.has(name)) ?? null;
  const asNegative = { uncertain: counter(), blank: counter() };
  const rows: LabelFileRow[] = [];
  // Naming the columns has the reader refuse a table that holds one of them twice.
  await readCsv(file, [keyColumn, ...labels], () => (row) => {
    if (row.problem !== null) throw new UserError(`${file}: line ${row.line}: ${row.problem}; correct it`);
    const probabilities: Partial<Record<Label, number>> = {};
    const positive = labels.filter((label) => {
      const cell = readCell(file, row, label, options.threshold);
      if (cell === "uncertain" || cell === "blank") {
        asNegative[cell][label] = (asNegative[cell][label] ?? 0) + 1;
        return false;
      }
      probabilities[label] = cell;
      return options.threshold === undefined ? cell === 1 : cell >= options.threshold;
    });
    rows.push({
      key: row.get(keyColumn).replace(RELEASE, ""),
      patient: patientColumn === null ? null : row.get(patientColumn),
      positive,
      failure: null,
      probabilities: options.threshold === undefined ? null : probabilities,
    });
  });
  return checked({ file, keyColumn, patientColumn, labels, rows, asNegative });
}

function counter(): Partial<Record<Label, number>> {
  return {};
}

function readCell(
  file: string,
  row: CsvRow,
  label: Label,
  threshold?: number,
): number | "uncertain" | "blank" {
  const text = row.get(label);
  const value = readLabelValue(text);
  const where = `${file}: line ${row.line}, ${label}: "${text}"`;
  if (threshold === undefined) {
    if (value === null) return "blank";
    if (value === -1) return "uncertain";
    if (value !== undefined) return value;
    if (Number.isFinite(Number(text)))
      throw new UserError(
        `${where} is neither 1, 0, -1 nor blank; where these are probabilities, say from which on a label counts as named: --threshold 0.5`,
        2,
      );
    throw new UserError(`${where} is neither 1, 0, -1 nor blank; correct it`);
  }
  const probability = text === "" ? Number.NaN : Number(text);
  if (!(probability >= 0 && probability <= 1)) {
    throw new UserError(`${where} is no probability between 0 and 1; correct it, or leave --threshold away`);
  }
  return probability;
}

async function ownPredictions(file: string): Promise<LabelFile> {
  const predictions = await readPredictions(file);
  return checked({
    file,
    keyColumn: "id",
    patientColumn: "patient",
    labels: LABELS,
    rows: predictions.map(({ id, patient, labels, failure }) => ({
      key: id.replace(RELEASE, ""),
      patient,
      positive: labels,
      failure,
      probabilities: null,
    })),
    asNegative: { uncertain: counter(), blank: counter() },
  });
}

function checked(table: LabelFile): LabelFile {
  const seen = new Set<string>();
  for (const { key } of table.rows) {
    if (key === "")
      throw new UserError(`${table.file}: a row has nothing under ${table.keyColumn}; name its image`);
    if (seen.has(key)) throw new UserError(`${table.file}: ${key} is there twice; keep one row`);
    seen.add(key);
  }
  return table;
}

/** A label by its name. Throws UserError (usage) naming what there is. */
export function labelOf(name: string): Label {
  if (isLabel(name)) return name;
  throw new UserError(`"${name}" is none of the 14 labels: ${LABELS.join(", ")}`, 2);
}
