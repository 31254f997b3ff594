import { LABELS } from "../../labels/label.ts";
import { csvField } from "../excluded-file.ts";
import type { HospitalSourceInput } from "../hospital-source.ts";

/** A table as rows of named cells; what a row does not name is blank. */
export interface CaseTable {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** A hospital's release in miniature, for properties that every reader has. */
export interface ReaderCase {
  readonly name: string;
  readonly source: (root: string) => HospitalSourceInput;
  readonly tables: Readonly<Record<string, CaseTable>>;
  /** The table whose rows are records, or the table of labels that they are joined to. */
  readonly labelled: string;
  /** Cells that name row `n` of the labelled table; those joined to it are there already. */
  readonly row: (n: number) => Readonly<Record<string, string>>;
  /** Images that have to be there, as a listing decides what is read. */
  readonly images: readonly string[];
  /** The record's image of row `n`. */
  readonly image: (n: number) => string;
}

/** How a table may be written and still say the same. */
export interface Writing {
  readonly columns: readonly string[];
  readonly mark: boolean;
  readonly crlf: boolean;
  readonly quoteAll: boolean;
  readonly lastBreak: boolean;
}

/** What stands in columns that no reader knows. */
const OTHER = 'other, "quoted"';

/** A table as CSV text. */
export function tableText({ columns, rows }: CaseTable, writing: Partial<Writing> = {}): string {
  const { crlf = false, mark = false, quoteAll = false, lastBreak = true } = writing;
  const written = writing.columns ?? columns;
  const field = (text: string): string => (quoteAll ? `"${text.replaceAll('"', '""')}"` : csvField(text));
  const cells = (row: Readonly<Record<string, string>>): string[] =>
    written.map((column) => (columns.includes(column) ? (row[column] ?? "") : OTHER));
  const lines = [written, ...rows.map(cells)].map((line) => line.map(field).join(","));
  const lineBreak = crlf ? "\r\n" : "\n";
  return (mark ? "\uFEFF" : "") + lines.join(lineBreak) + (lastBreak ? lineBreak : "");
}

/** How many rows a case can be asked for. */
export const CASE_ROWS = 6;
const numbers = Array.from({ length: CASE_ROWS }, (_, n) => n);
const common = { site: "site", images: "unchecked" } as const;

const subject = (n: number): string => String(10_000_000 + (n >> 1));
const study = (n: number): string => String(50_000_000 + n);
const mimicImage = (n: number): string => `files/p10/p${subject(n)}/s${study(n)}/d-${n}.jpg`;
const METADATA: CaseTable = {
  columns: ["dicom_id", "subject_id", "study_id", "ViewPosition", "StudyDate"],
  rows: numbers.map((n) => ({
    dicom_id: `d-${n}`,
    subject_id: subject(n),
    study_id: study(n),
    ViewPosition: n % 2 === 0 ? "AP" : "PA",
    StudyDate: "21800506",
  })),
};
const SPLIT: CaseTable = {
  columns: ["dicom_id", "study_id", "subject_id", "split"],
  rows: numbers.map((n) => ({
    dicom_id: `d-${n}`,
    study_id: study(n),
    subject_id: subject(n),
    split: "train",
  })),
};
const PATIENTS: CaseTable = {
  columns: ["subject_id", "gender", "anchor_age", "anchor_year"],
  rows: numbers.map((n) => ({ subject_id: subject(n), gender: "F", anchor_age: "52", anchor_year: "2180" })),
};

function mimicCase(name: string, labelled: string, settings: object, columns: readonly string[]): ReaderCase {
  return {
    name,
    source: (root) => ({ kind: "mimic", root, ...common, ...settings }),
    tables: {
      "mimic-cxr-2.0.0-metadata.csv": METADATA,
      "mimic-cxr-2.0.0-split.csv": SPLIT,
      "patients.csv": PATIENTS,
      [labelled]: { columns, rows: [] },
    },
    labelled,
    row: (n) => ({ subject_id: subject(n), study_id: study(n) }),
    images: [],
    image: mimicImage,
  };
}

const chexpertImage = (n: number): string => `train/patient0000${n >> 1}/study${n}/view1_frontal.jpg`;
const testImage = (n: number): string => `test/patient6474${n}/study1/view1_frontal.jpg`;

/** One case a reader, and one for each other form of its tables. Every labelled table has a column a label. */
export const READER_CASES: readonly ReaderCase[] = [
  mimicCase("MIMIC", "mimic-cxr-2.0.0-chexpert.csv", { set: "train" }, ["subject_id", "study_id", ...LABELS]),
  mimicCase("MIMIC by NegBio", "mimic-cxr-2.0.0-negbio.csv", { labeler: "negbio" }, [
    "subject_id",
    "study_id",
    ...LABELS,
  ]),
  mimicCase("MIMIC's curated labels", "mimic-cxr-2.1.0-test-set-labeled.csv", { set: "test-labeled" }, [
    "study_id",
    ...LABELS,
  ]),
  {
    name: "CheXpert",
    source: (root) => ({ kind: "chexpert", set: "train", root, ...common }),
    tables: {
      "train.csv": { columns: ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", ...LABELS], rows: [] },
    },
    labelled: "train.csv",
    row: (n) => ({
      Path: `CheXpert-v1.0/${chexpertImage(n)}`,
      Sex: "Male",
      Age: "60",
      "Frontal/Lateral": "Frontal",
      "AP/PA": "AP",
    }),
    images: [],
    image: chexpertImage,
  },
  {
    name: "CheXpert's truth by study",
    source: (root) => ({ kind: "chexpert", set: "test", root, ...common }),
    tables: { "groundtruth.csv": { columns: ["Study", ...LABELS], rows: [] } },
    labelled: "groundtruth.csv",
    row: (n) => ({ Study: `CheXpert-v1.0/test/patient6474${n}/study1` }),
    images: numbers.map(testImage),
    image: testImage,
  },
  {
    name: "a folder with a column a label",
    source: (root) => ({ kind: "folder", root, ...common }),
    tables: {
      "labels.csv": { columns: ["image", "patient", "study", "view", "sex", "age", ...LABELS], rows: [] },
    },
    labelled: "labels.csv",
    row: (n) => ({ image: `pictures/${n}.png`, patient: `p${n >> 1}`, view: "PA", sex: "F", age: "44" }),
    images: [],
    image: (n) => `pictures/${n}.png`,
  },
];

const nihImage = (n: number): string => `0000000${n}_000.png`;

/** The readers whose labels are listed by name in one column: NIH, and a folder. */
export const LISTING_CASES: readonly (ReaderCase & { readonly column: string })[] = [
  {
    name: "NIH",
    column: "Finding Labels",
    source: (root) => ({ kind: "nih", root, ...common }),
    tables: {
      "Data_Entry_2017_v2020.csv": {
        columns: [
          "Image Index",
          "Finding Labels",
          "Patient ID",
          "Patient Age",
          "Patient Gender",
          "View Position",
        ],
        rows: [],
      },
    },
    labelled: "Data_Entry_2017_v2020.csv",
    row: (n) => ({
      "Image Index": nihImage(n),
      "Patient ID": String(n),
      "Patient Age": "58",
      "Patient Gender": "M",
      "View Position": "PA",
    }),
    images: [],
    image: (n) => `images/${nihImage(n)}`,
  },
  {
    name: "a folder with a list of labels",
    column: "labels",
    source: (root) => ({ kind: "folder", root, ...common }),
    tables: { "labels.csv": { columns: ["image", "labels", "patient", "view"], rows: [] } },
    labelled: "labels.csv",
    row: (n) => ({ image: `pictures/${n}.png`, patient: `p${n}`, view: "PA" }),
    images: [],
    image: (n) => `pictures/${n}.png`,
  },
];
