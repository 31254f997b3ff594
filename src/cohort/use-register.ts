import { UserError } from "../util/user-error.ts";
import type { Cohort, CohortUse } from "./cohort.ts";
import { assertPatientDisjoint, type HospitalOf, patientKey, SITE_IS_HOSPITAL } from "./disjoint.ts";

/** What the patients of a study were used for. */
export interface UseRegister {
  /** What a patient was used for, or null for one who is in no set. One use at most: the sets share no patient. */
  useOf(site: string, patient: string): CohortUse | null;
  /**
   * Throws UserError unless a result on this set may be quoted: the set is for a verdict, and none of its patients
   * trained or chose anything.
   */
  requireVerdict(cohort: Cohort): void;
}

/**
 * The register of a study's sets. It can be asked for a verdict on one of them or on a set that it has not seen. Throws
 * UserError when two of the sets share a patient: there is no way to switch that off.
 */
export function useRegister(
  cohorts: readonly Cohort[],
  hospitalOf: HospitalOf = SITE_IS_HOSPITAL,
): UseRegister {
  assertPatientDisjoint(cohorts, hospitalOf);
  const setOf = new Map<string, Cohort>();
  for (const cohort of cohorts)
    for (const { site, patient } of cohort.records) setOf.set(patientKey(hospitalOf(site), patient), cohort);
  const ownerOf = (site: string, patient: string): Cohort | undefined =>
    setOf.get(patientKey(hospitalOf(site), patient));
  return {
    useOf: (site, patient) => ownerOf(site, patient)?.use ?? null,
    requireVerdict({ name, use, records }) {
      if (use !== "verdict") {
        throw new UserError(
          `${name}: its use is ${use}, and only a set for a verdict may be scored; name a test set instead`,
        );
      }
      const used = records.flatMap(({ site, patient }) => {
        const owner = ownerOf(site, patient);
        return owner === undefined || owner.use === "verdict" ? [] : [{ site, patient, owner }];
      });
      const [first] = used;
      if (first === undefined) return;
      const patients = new Set(used.map(({ site, patient }) => patientKey(hospitalOf(site), patient)));
      throw new UserError(
        `${name}: ${patients.size} of its patients trained or chose something, first ${first.patient} of ` +
          `${hospitalOf(first.site)} in ${first.owner.name} (${first.owner.use}); draw the test set from other patients`,
      );
    },
  };
}
