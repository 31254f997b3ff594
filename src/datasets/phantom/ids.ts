import { createHash } from "node:crypto";

/** A prime just under ten million: multiplying by anything below it, modulo it, permutes the numbers below it. */
const PRIME = 9_999_991;

/** Numbers of eight digits, unlike one another, in no visible order. */
export function scatter(seed: number, index: number, base: number): number {
  const step = 1 + (Math.abs(Math.imul(seed + 7, 2_654_435)) % (PRIME - 1));
  return base + ((index * step + 4_321_987) % PRIME);
}

/** An identifier of the form of MIMIC's dicom_id: five groups of eight hexadecimal digits. */
export function dicomId(seed: number, ...names: readonly (string | number)[]): string {
  const hex = createHash("sha256")
    .update(JSON.stringify([seed, "dicom", ...names]))
    .digest("hex");
  return [0, 8, 16, 24, 32].map((at) => hex.slice(at, at + 8)).join("-");
}
