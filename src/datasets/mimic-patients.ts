import { readCsv } from "./csv.ts";
import { readSex } from "./demographics.ts";
import type { ImageRecord } from "./record.ts";

/** MIMIC-IV's `patients` table, which MIMIC-CXR-JPG goes with: sex, and the age in one (shifted) year. */
export interface MimicPatient {
  readonly sex: "F" | "M" | null;
  readonly anchorAge: number;
  readonly anchorYear: number;
}

/** Ages over 89 are all written so. */
const OVER_89 = 91;

/** Reads `patients.csv[.gz]` by subject_id. */
export async function readMimicPatients(file: string): Promise<Map<string, MimicPatient>> {
  const patients = new Map<string, MimicPatient>();
  await readCsv(file, ["subject_id", "gender", "anchor_age", "anchor_year"], () => (row) => {
    patients.set(row.get("subject_id"), {
      sex: readSex(row.get("gender")),
      anchorAge: Number.parseInt(row.get("anchor_age"), 10),
      anchorYear: Number.parseInt(row.get("anchor_year"), 10),
    });
  });
  return patients;
}

/**
 * Sex and age at the study, whose date is YYYYMMDD: anchor_age + year of the study - anchor_year, at most 91, as the
 * table itself writes ages over 89. Null where the patient or a number is missing.
 */
export function mimicPerson(
  patient: MimicPatient | undefined,
  studyDate: string,
): Pick<ImageRecord, "sex" | "age"> {
  if (patient === undefined) return { sex: null, age: null };
  const age = patient.anchorAge + Number.parseInt(studyDate.slice(0, 4), 10) - patient.anchorYear;
  if (!Number.isFinite(age) || age < 0) return { sex: patient.sex, age: null };
  return { sex: patient.sex, age: age >= 90 ? OVER_89 : age };
}
