import { UserError } from "../util/user-error.ts";
import type { Cohort } from "./cohort.ts";

/**
 * The hospital whose patients a site's records are of. Two sites (CheXpert's training and validation tables, read under
 * two names) may be one hospital: a patient's id is the same person in both.
 */
export type HospitalOf = (site: string) => string;

/** Every site is a hospital of its own. */
export const SITE_IS_HOSPITAL: HospitalOf = (site) => site;

/**
 * Throws UserError when a patient is in two sets, or an image twice, within a set or across. Everything that makes or
 * reads cohorts calls this, and nothing turns it off: a result on a patient that was trained on is no result.
 */
export function assertPatientDisjoint(
  cohorts: readonly Cohort[],
  hospitalOf: HospitalOf = SITE_IS_HOSPITAL,
): void {
  const owner = new Map<string, Cohort>();
  const images = new Set<string>();
  for (const cohort of cohorts) {
    const { name, records } = cohort;
    for (const { site, patient, id } of records) {
      const hospital = hospitalOf(site);
      const person = patientKey(hospital, patient);
      const other = owner.get(person);
      if (other !== undefined && other !== cohort) {
        throw new UserError(
          `patient ${patient} of ${hospital} is in two sets, ${other.name} and ${name}; draw the cohorts again`,
        );
      }
      owner.set(person, cohort);
      const image = patientKey(hospital, id);
      if (images.has(image)) {
        throw new UserError(
          `image ${id} of ${hospital} is there twice, now in ${name}; draw the cohorts again`,
        );
      }
      images.add(image);
    }
  }
}

/** A key for a patient (or image) of a hospital: ids are unique within a hospital only. */
export function patientKey(hospital: string, id: string): string {
  return JSON.stringify([hospital, id]);
}
