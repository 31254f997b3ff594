import { UserError } from "../../util/user-error.ts";

/** That a patient's images helped to make or choose something that is now to be judged. */
export interface PatientUse {
  /** The hospital, by the name that the verdict knows it by. */
  readonly hospital: string;
  readonly patient: string;
  /** What for: "training", "checkpoint", "prompt", "format", "reward". */
  readonly use: string;
}

/** Something that was picked as the best of several. */
export interface Choice {
  readonly model: string;
  /** How many were compared. */
  readonly k: number;
  /** What they were, and by what they were compared. */
  readonly of: string;
}

/**
 * Refuses a verdict on patients that anything was trained on or chosen by: the best of k on a set of patients is too good
 * on those patients, whatever it is elsewhere.
 */
export function refuseUsedPatients(
  hospital: string,
  patients: readonly string[],
  uses: readonly PatientUse[],
): void {
  const judged = new Set(patients);
  const wrong = uses.filter((use) => use.hospital === hospital && judged.has(use.patient));
  const [first] = wrong;
  if (first === undefined) return;
  const count = new Set(wrong.map(({ patient }) => patient)).size;
  throw new UserError(
    `${hospital}: ${count} of ${judged.size} test patients (first: ${first.patient}) were used for ${first.use}; no verdict can rest on them, draw a test set without them`,
  );
}
