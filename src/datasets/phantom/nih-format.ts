import { csvText } from "./csv-text.ts";
import type { HospitalFormat } from "./hospital-format.ts";
import { nihFindingLabels } from "./nih-names.ts";

const TABLE = "Data_Entry_2017_v2020.csv";
/** Written by hand: two column names hold commas inside brackets, unquoted, in the original. */
const HEADER =
  "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]";
/** Pictures in one of the numbered folders. */
const FOLDER_IMAGES = 10_000;
const SPACING = 0.143;

const imageId: HospitalFormat["imageId"] = (_context, patient, study) =>
  `${String(patient.index + 1).padStart(8, "0")}_${String(study.index).padStart(3, "0")}.png`;

/** NIH ChestX-ray14: one table, two lists, and pictures in numbered folders. A study is one picture. */
export const NIH_FORMAT: HospitalFormat = {
  encoding: "png",
  imagePath: (context, patient, study, image) =>
    `images_${String(1 + Math.floor(patient.index / FOLDER_IMAGES)).padStart(3, "0")}/images/${imageId(context, patient, study, image)}`,
  imageId,
  patientId: (_context, patient) => String(patient.index + 1),
  studyId: (_context, patient, study) => `${patient.index + 1}_${study.index}`,
  tables(context, images) {
    const rows = images.map(({ patient, study, image, labels }) => [
      imageId(context, patient, study, image),
      nihFindingLabels(
        labels,
        study.findings.find((finding) => finding.label === "Lung Lesion")?.severity,
        context.seed,
        [context.site.population, patient.index, study.index],
      ),
      study.index,
      patient.index + 1,
      patient.age + Math.floor(study.day / 365),
      patient.sex,
      image.view,
      context.size,
      context.size,
      SPACING,
      SPACING,
    ]);
    const list = (test: boolean): string =>
      images
        .filter((w) => (w.patient.split === "test") === test)
        .map((w) => `${imageId(context, w.patient, w.study, w.image)}\n`)
        .join("");
    return [
      { path: TABLE, content: `${HEADER}\n${csvText([], rows).slice(1)}` },
      { path: "train_val_list.txt", content: list(false) },
      { path: "test_list.txt", content: list(true) },
    ];
  },
};
