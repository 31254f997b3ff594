import type { LicenceClass } from "../datasets/record.ts";
import { UserError } from "../util/user-error.ts";

/**
 * Who may be sent what. `synthetic` and `open` data (the phantoms, NIH) may go to any teacher. `credentialed` data (MIMIC),
 * and everything made from them, go to no address but this machine, unless the study holds an attestation for that host:
 * PhysioNet's note of 24 September 2025 bars sharing them with third parties through APIs, and asks for verified zero
 * retention, no training and no human review where it is done nevertheless. `no-redistribution` data (CheXpert) are held
 * to the same rule: their licence forbids passing them on, and a request to a third party passes them on. An attestation
 * is the user's word; it is recorded, and nothing here can verify it.
 */

/** A user's word that data may go to a host. */
export type EgressAttestation = {
  /** Host and port as the endpoint's address has them. */
  readonly host: string;
  /** Who attests it. */
  readonly who: string;
  /** ISO date. */
  readonly date: string;
} & (
  | { readonly onPremises: true }
  | { readonly zeroRetention: true; readonly noTraining: true; readonly noHumanReview: true }
);

export type EgressDecision =
  | { readonly outcome: "allowed"; readonly because: string; readonly loopbackOnly: boolean }
  | { readonly outcome: "refused"; readonly because: string };

const FREE: readonly LicenceClass[] = ["synthetic", "open"];

/** Whether data of a licence class may go to an endpoint, and why. Decided on the address alone; no socket is opened. */
export function decideEgress(
  licence: LicenceClass,
  endpoint: URL,
  attestation: EgressAttestation | null,
): EgressDecision {
  if (isLoopback(endpoint.hostname))
    return { outcome: "allowed", because: "this machine", loopbackOnly: true };
  if (FREE.includes(licence)) return { outcome: "allowed", because: `${licence} data`, loopbackOnly: false };
  const refused = (because: string): EgressDecision => ({ outcome: "refused", because });
  if (attestation === null)
    return refused(
      `${licence} data may not leave this machine, and the study holds no attestation for ${endpoint.host}`,
    );
  if (attestation.host !== endpoint.host)
    return refused(
      `${licence} data may not go to ${endpoint.host}: the attestation is for ${attestation.host}`,
    );
  const onPremises = "onPremises" in attestation;
  if (!onPremises && endpoint.protocol !== "https:")
    return refused(`${licence} data may not go to ${endpoint.host} without TLS: give an https address`);
  const terms = onPremises ? "on premises" : "no retention, training or human review";
  return {
    outcome: "allowed",
    because: `attested by ${attestation.who} on ${attestation.date}: ${terms}`,
    loopbackOnly: false,
  };
}

/**
 * Refuses a whole set of records before the first of them is opened.
 * @throws UserError (configuration) naming the licence class, how many, and what to do
 */
export function refuseUnattested(
  records: readonly { readonly licence: LicenceClass }[],
  endpoint: URL,
  attestation: EgressAttestation | null,
): void {
  for (const licence of new Set(records.map((record) => record.licence))) {
    const decision = decideEgress(licence, endpoint, attestation);
    if (decision.outcome === "allowed") continue;
    const count = records.filter((record) => record.licence === licence).length;
    throw new UserError(
      `${decision.because} (${count} images): choose a teacher on this machine, or add teacher.attestation`,
      2,
    );
  }
}

/** Addresses of this machine: 127.0.0.0/8, ::1, and the name localhost. `new URL` has spelled them one way already. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
