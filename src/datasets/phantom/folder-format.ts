import { LABELS } from "../../labels/label.ts";
import { csvText } from "./csv-text.ts";
import type { HospitalFormat } from "./hospital-format.ts";

const patientId: HospitalFormat["patientId"] = (_context, patient) =>
  `p${String(patient.index).padStart(5, "0")}`;
const studyId: HospitalFormat["studyId"] = (context, patient, study) =>
  `${patientId(context, patient)}s${study.index + 1}`;
const imageId: HospitalFormat["imageId"] = (context, patient, study, image) =>
  `${studyId(context, patient, study)}i${image.index + 1}`;
const imagePath: HospitalFormat["imagePath"] = (context, patient, study, image) =>
  `images/${patientId(context, patient)}/${imageId(context, patient, study, image)}.png`;

/** The plain form: `images/` and one table, `labels.csv`, with the positive labels joined by `|`. */
export const FOLDER_FORMAT: HospitalFormat = {
  encoding: "png",
  imagePath,
  imageId,
  patientId,
  studyId,
  tables(context, images) {
    const rows = images.map(({ patient, study, image, labels }) => [
      imagePath(context, patient, study, image),
      patientId(context, patient),
      studyId(context, patient, study),
      image.view,
      patient.sex,
      patient.age + Math.floor(study.day / 365),
      LABELS.filter((label) => labels[label] === 1).join("|"),
    ]);
    return [
      {
        path: "labels.csv",
        content: csvText(["image", "patient", "study", "view", "sex", "age", "labels"], rows),
      },
    ];
  },
};
