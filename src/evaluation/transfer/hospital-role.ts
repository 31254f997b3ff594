import type { Label } from "../../labels/label.ts";
import { UserError } from "../../util/user-error.ts";

/**
 * What a hospital is to a model.
 * - `source`: the training images come from it.
 * - `same-schema`: another hospital whose table states the same labels, so that habits of the training labels pay there.
 * - `other-schema`: another hospital with other labels, where only what is seen can pay.
 *
 * The schema is the list of labels that a hospital can state. Two hospitals with the same list may still label by other
 * rules (CheXpert's test readers close the hierarchy upward, its training labeler does not); the role does not say that.
 */
export const HOSPITAL_ROLES = ["source", "same-schema", "other-schema"] as const;
export type HospitalRole = (typeof HOSPITAL_ROLES)[number];

/** A hospital that models were read on. */
export interface TransferHospital {
  readonly name: string;
  readonly role: HospitalRole;
  /** The labels it can state. */
  readonly stated: readonly Label[];
}

/** The role of a hospital, given the one that the training images come from. */
export function roleOf(
  hospital: Pick<TransferHospital, "name" | "stated">,
  source: Pick<TransferHospital, "name" | "stated">,
): HospitalRole {
  if (hospital.name === source.name) return "source";
  const sorted = ({ stated }: Pick<TransferHospital, "stated">): string => [...stated].sort().join();
  return sorted(hospital) === sorted(source) ? "same-schema" : "other-schema";
}

/** Where a gain is expected, and where it has to show. */
export interface HomeAndAway {
  readonly home: TransferHospital;
  readonly away: readonly TransferHospital[];
}

/** Exit code of a wrong option. */
const USAGE = 2;

/**
 * Home is the source where test patients of it were set apart, else the first hospital of the same schema; away is every
 * other hospital. Names given by the user go first.
 */
export function chooseHospitals(
  hospitals: readonly TransferHospital[],
  asked: { readonly home?: string | undefined; readonly away?: readonly string[] | undefined },
): HomeAndAway {
  const known = hospitals.map(({ name }) => name).join(", ");
  const find = (option: string, name: string): TransferHospital => {
    const found = hospitals.find((hospital) => hospital.name === name);
    if (found === undefined)
      throw new UserError(`${option} ${name}: no model was read there; give one of ${known}`, USAGE);
    return found;
  };
  const home =
    asked.home === undefined
      ? (hospitals.find(({ role }) => role === "source") ??
        hospitals.find(({ role }) => role === "same-schema"))
      : find("--home", asked.home);
  if (home === undefined)
    throw new UserError(
      `no hospital of ${known} shares the training hospital's labels: name one by --home`,
      USAGE,
    );
  const away =
    asked.away === undefined
      ? hospitals.filter(({ name }) => name !== home.name)
      : [...new Set(asked.away)].map((name) => find("--away", name));
  if (away.some(({ name }) => name === home.name))
    throw new UserError(`--away ${home.name}: that is the home hospital; give another`, USAGE);
  if (away.length === 0)
    throw new UserError(
      `transfer needs two hospitals, and models were read on ${known} alone: add one to evaluation.sets`,
      USAGE,
    );
  return { home, away };
}
