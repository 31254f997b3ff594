import { LABELS, type LabelRow } from "../../labels/label.ts";
import { csvText } from "./csv-text.ts";
import type { HospitalFormat, WrittenImage } from "./hospital-format.ts";
import type { PlannedImage, PlannedPatient, PlannedStudy } from "./plan-site.ts";

const ROOT = "CheXpert-v1.0";
const FOLDERS = { train: "train", validate: "valid", test: "test" } as const;
const HEADER = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", ...LABELS];

const patientId: HospitalFormat["patientId"] = (_context, patient) =>
  `patient${String(patient.index + 1).padStart(5, "0")}`;
const studyId: HospitalFormat["studyId"] = (context, patient, study) =>
  `${patientId(context, patient)}/study${study.index + 1}`;
const imagePath: HospitalFormat["imagePath"] = (context, patient, study, image) =>
  `${ROOT}/${FOLDERS[patient.split]}/${studyId(context, patient, study)}/${fileName(image)}`;

function fileName(image: PlannedImage): string {
  return `view${image.index + 1}_${image.view === "lateral" ? "lateral" : "frontal"}.jpg`;
}

const studyPath = (patient: PlannedPatient, study: PlannedStudy): string =>
  `${ROOT}/${FOLDERS[patient.split]}/patient${String(patient.index + 1).padStart(5, "0")}/study${study.index + 1}`;

/** `1.0`, and blank where nothing is written, in the training table. */
const withBlanks = (labels: LabelRow) => LABELS.map((label) => labels[label]?.toFixed(1) ?? null);

/**
 * CheXpert: `train.csv` and `valid.csv` with a row a picture, `test.csv` with the test pictures and their labels,
 * and `groundtruth.csv` with a row a test study.
 */
export const CHEXPERT_FORMAT: HospitalFormat = {
  encoding: "jpeg",
  imagePath,
  imageId: (context, patient, study, image) =>
    `${studyId(context, patient, study)}/${fileName(image).replace(".jpg", "")}`,
  patientId,
  studyId,
  tables(context, images) {
    const of = (split: PlannedPatient["split"]) => images.filter((w) => w.patient.split === split);
    const row = (w: WrittenImage) => [
      imagePath(context, w.patient, w.study, w.image),
      w.patient.sex === "F" ? "Female" : "Male",
      Math.min(90, w.patient.age + Math.floor(w.study.day / 365)),
      w.image.view === "lateral" ? "Lateral" : "Frontal",
      w.image.view === "lateral" ? null : w.image.view,
      ...withBlanks(w.labels),
    ];
    const studies = [...new Map(of("test").map((w) => [studyPath(w.patient, w.study), w.labels]))];
    return [
      { path: `${ROOT}/train.csv`, content: csvText(HEADER, of("train").map(row)) },
      { path: `${ROOT}/valid.csv`, content: csvText(HEADER, of("validate").map(row)) },
      { path: `${ROOT}/test.csv`, content: csvText(HEADER, of("test").map(row)) },
      {
        path: `${ROOT}/groundtruth.csv`,
        content: csvText(
          ["Study", ...LABELS],
          studies.map(([path, labels]) => [path, ...LABELS.map((label) => labels[label] ?? 0)]),
        ),
      },
    ];
  },
};
