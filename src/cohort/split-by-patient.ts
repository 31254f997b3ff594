import { randomStream } from "../util/random.ts";

/**
 * Splits items in two by patient: whole patients are held out, in random order, until their items make up the share
 * or more. Both sides keep the items' order.
 */
export function splitByPatient<T extends { readonly patient: string }>(
  items: readonly T[],
  share: number,
  seed: number,
): { train: T[]; heldOut: T[] } {
  const counts = new Map<string, number>();
  for (const { patient } of items) counts.set(patient, (counts.get(patient) ?? 0) + 1);
  const patients = randomStream(seed, "split-by-patient").shuffle([...counts.keys()].sort());
  const held = new Set<string>();
  let count = 0;
  for (const patient of patients) {
    if (count >= share * items.length) break;
    held.add(patient);
    count += counts.get(patient) ?? 0;
  }
  return {
    train: items.filter(({ patient }) => !held.has(patient)),
    heldOut: items.filter(({ patient }) => held.has(patient)),
  };
}
