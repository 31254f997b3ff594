import { LABELS } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import { csvText } from "./csv-text.ts";
import type { FormatContext, HospitalFormat, WrittenImage } from "./hospital-format.ts";
import { dicomId, scatter } from "./ids.ts";
import type { PlannedPatient } from "./plan-site.ts";

const SUBJECT = 10_000_000;
const STUDY = 50_000_000;
/** No patient has more studies than this, so that study numbers stay apart. */
const STUDIES_A_PATIENT = 8;
/** Studies that MIMIC's labeler left without a row of labels at all: 2,414 of 227,827. */
const UNLABELLED = 0.01;

const subject = ({ seed }: FormatContext, patient: PlannedPatient): number =>
  scatter(seed, patient.index, SUBJECT);
const patientId: HospitalFormat["patientId"] = (context, patient) => String(subject(context, patient));
const studyId: HospitalFormat["studyId"] = ({ seed }, patient, study) =>
  String(scatter(seed + 1, patient.index * STUDIES_A_PATIENT + study.index, STUDY));
const imageId: HospitalFormat["imageId"] = ({ site, seed }, patient, study, image) =>
  dicomId(seed, site.population, patient.index, study.index, image.index);
const imagePath: HospitalFormat["imagePath"] = (context, patient, study, image) => {
  const id = patientId(context, patient);
  return `files/p${id.slice(0, 2)}/p${id}/s${studyId(context, patient, study)}/${imageId(context, patient, study, image)}.jpg`;
};

const METADATA_COLUMNS = [
  "dicom_id",
  "subject_id",
  "study_id",
  "PerformedProcedureStepDescription",
  "ViewPosition",
  "Rows",
  "Columns",
  "StudyDate",
  "StudyTime",
  "ProcedureCodeSequence_CodeMeaning",
  "ViewCodeSequence_CodeMeaning",
  "PatientOrientationCodeSequence_CodeMeaning",
];
const VIEWS = {
  AP: ["CHEST (PORTABLE AP)", "AP", "antero-posterior"],
  PA: ["CHEST (PA AND LAT)", "PA", "postero-anterior"],
  lateral: ["CHEST (PA AND LAT)", "LATERAL", "lateral"],
} as const;

/** Dates moved into the future, as MIMIC's are: a year of the patient's own, and a day in it. */
function anchorYear({ seed, site }: FormatContext, patient: PlannedPatient): number {
  return 2110 + randomStream(seed, site.population, patient.index, "anchor").integer(80);
}

function studyDate(context: FormatContext, { patient, study }: WrittenImage): string {
  const first = randomStream(context.seed, context.site.population, patient.index, "date").integer(250);
  const date = new Date(Date.UTC(anchorYear(context, patient), 0, 1 + first + study.day));
  return date.toISOString().slice(0, 10).replaceAll("-", "");
}

/** Seconds of the day with milliseconds, as a number: leading zeros are lost, as they are in MIMIC's table. */
function studyTime(context: FormatContext, { patient, study }: WrittenImage): string {
  const random = randomStream(context.seed, context.site.population, patient.index, study.index, "time");
  const [hour, minute, second] = [random.integer(24), random.integer(60), random.integer(60)];
  return `${hour * 10_000 + minute * 100 + second}.${String(random.integer(1000)).padStart(3, "0")}`;
}

/** MIMIC-CXR-JPG 2.0.0: four gzipped tables, and MIMIC-IV's `patients.csv.gz` for sex and age. */
export const MIMIC_FORMAT: HospitalFormat = {
  encoding: "jpeg",
  imagePath,
  imageId,
  patientId,
  studyId,
  tables(context, images) {
    const ids = (w: WrittenImage) => ({
      dicom: imageId(context, w.patient, w.study, w.image),
      subject: patientId(context, w.patient),
      study: studyId(context, w.patient, w.study),
    });
    const metadata = images.map((w) => {
      const { dicom, subject: subjectId, study } = ids(w);
      const [procedure, position, meaning] = VIEWS[w.image.view];
      return [
        dicom,
        subjectId,
        study,
        procedure,
        position,
        context.size,
        context.size,
        studyDate(context, w),
        studyTime(context, w),
        procedure,
        meaning,
        "Erect",
      ];
    });
    const split = images.map((w) => {
      const { dicom, subject: subjectId, study } = ids(w);
      return [dicom, study, subjectId, w.patient.split];
    });
    const studies = [...new Map(images.map((w) => [ids(w).study, w])).values()].filter(
      ({ patient, study }) =>
        !randomStream(context.seed, context.site.population, patient.index, study.index, "unlabelled").chance(
          UNLABELLED,
        ),
    );
    // The table's columns are in alphabetical order in the original.
    const columns = [...LABELS].sort();
    const labels = studies.map((w) => [
      ids(w).subject,
      ids(w).study,
      ...columns.map((label) => w.labels[label]?.toFixed(1) ?? null),
    ]);
    const patients = [...new Map(images.map((w) => [w.patient.index, w.patient])).values()].map((patient) => [
      patientId(context, patient),
      patient.sex,
      // Ages over 89 are written as 91.
      patient.age > 89 ? 91 : patient.age,
      anchorYear(context, patient),
      "2014 - 2016",
      null,
    ]);
    return [
      table("mimic-cxr-2.0.0-metadata.csv", METADATA_COLUMNS, metadata),
      table("mimic-cxr-2.0.0-split.csv", ["dicom_id", "study_id", "subject_id", "split"], split),
      table("mimic-cxr-2.0.0-chexpert.csv", ["subject_id", "study_id", ...columns], labels),
      table(
        "patients.csv",
        ["subject_id", "gender", "anchor_age", "anchor_year", "anchor_year_group", "dod"],
        patients,
      ),
    ];
  },
};

function table(
  name: string,
  header: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
) {
  return { path: `${name}.gz`, content: csvText(header, rows), gzip: true };
}
