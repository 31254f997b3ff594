import { expect, it } from "vitest";
import { splitByPatient } from "./split-by-patient.ts";

const items = Array.from({ length: 100 }, (_, i) => ({ id: i, patient: `p${i % 37}` }));

it("holds out whole patients, the share or a little more, and loses nothing", () => {
  const { train, heldOut } = splitByPatient(items, 0.1, 3);
  expect(train.length + heldOut.length).toBe(items.length);
  expect(heldOut.length).toBeGreaterThanOrEqual(10);
  expect(heldOut.length).toBeLessThanOrEqual(12);
  const held = new Set(heldOut.map(({ patient }) => patient));
  expect(train.filter(({ patient }) => held.has(patient))).toEqual([]);
});

it("depends on the seed, not on the order of the items", () => {
  const ids = (list: { id: number }[]) => list.map(({ id }) => id).sort((a, b) => a - b);
  expect(ids(splitByPatient([...items].reverse(), 0.2, 3).heldOut)).toEqual(
    ids(splitByPatient(items, 0.2, 3).heldOut),
  );
  expect(ids(splitByPatient(items, 0.2, 4).heldOut)).not.toEqual(ids(splitByPatient(items, 0.2, 3).heldOut));
});
