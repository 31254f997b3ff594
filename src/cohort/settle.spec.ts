import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import { LABELS } from "../labels/label.ts";
import { positiveLabels } from "../labels/policy.ts";
import { floorCount } from "./balanced-sample.ts";
import type { Cohort } from "./cohort.ts";
import type { CohortRequest } from "./cohort-request.ts";
import { assertPatientDisjoint } from "./disjoint.ts";
import { drawSets } from "./draw-sets.ts";
import { type Cohorts, makeCohorts, settleCohorts } from "./make-cohorts.ts";
import { type FindingOf, type LookAtPictures, NOTHING_SEEN, type PictureFinding } from "./picture.ts";
import { hospital, image } from "./testing/hospital.ts";
import { verifySets } from "./verify-sets.ts";

const REQUEST: CohortRequest = { sft: 60, rl: 40, validation: 20, test: 15, seed: 1, floorShare: 0.02 };
const setsOf = ({ sft, rl, validation, test }: Cohorts): Cohort[] => [
  sft,
  rl,
  validation,
  ...(test === null ? [] : [test]),
];

/** Files as they are: some broken, some copies of one another. */
function world(records: readonly ImageRecord[], broken: ReadonlySet<string>, copies: number): FindingOf {
  const pictures = new Map(records.map(({ id }, at) => [id, at % 3 === 0 ? `copy${at % copies}` : id]));
  return ({ id }) =>
    broken.has(id)
      ? { kind: "unusable", reason: "unreadable image", detail: "truncated" }
      : { kind: "readable", hash: pictures.get(id) ?? "" };
}

const lookAll =
  (findingOf: FindingOf): LookAtPictures =>
  (records) =>
    Promise.resolve(records.map((record) => findingOf(record) as PictureFinding));

describe("settleCohorts", () => {
  const records = hospital(300, 21);
  const drawn = drawSets(records, REQUEST);

  it("is the draw itself as long as nothing is known, and when all is well", () => {
    const made = makeCohorts(records, REQUEST);
    expect(settleCohorts(drawn, NOTHING_SEEN)).toEqual(made);
    expect(settleCohorts(drawn, ({ id }) => ({ kind: "readable", hash: id }))).toEqual(made);
    expect(settleCohorts(drawn, () => ({ kind: "awaited" }))).toEqual(made);
    expect(made.replaced).toEqual([]);
  });

  it("gives the same sets in whichever order the unusable files are found", async () => {
    const ids = records.map(({ id }) => id);
    await fc.assert(
      fc.asyncProperty(fc.subarray(ids), fc.array(fc.nat()), async (bad, order) => {
        const truth = world(records, new Set(bad.slice(0, 60)), 50);
        const straight = await verifySets((of) => settleCohorts(drawn, of), setsOf, lookAll(truth));
        // Found out one file at a time, in an order of its own; what was seen stays seen.
        const seen = new Map<string, PictureFinding>();
        let last: Cohorts;
        for (let round = 0; ; round++) {
          last = settleCohorts(drawn, ({ id }) => seen.get(id));
          const unseen = setsOf(last)
            .flatMap((set) => set.records)
            .filter(({ id }) => !seen.has(id));
          if (unseen.length === 0) break;
          // A few at a time keeps the test quick.
          for (let at = 0; at < 12; at++) {
            const next = unseen[((order[round % Math.max(1, order.length)] ?? 0) + at * 5) % unseen.length];
            const finding = next === undefined ? undefined : truth(next);
            if (next !== undefined && finding !== undefined) seen.set(next.id, finding);
          }
        }
        expect(last).toEqual(straight.settled);
      }),
      { numRuns: 25 },
    );
  });

  it("keeps sizes, patients, pictures and floors, and accounts for every record", async () => {
    const ids = records.map(({ id }) => id);
    await fc.assert(
      fc.asyncProperty(fc.subarray(ids, { maxLength: 60 }), async (bad) => {
        const truth = world(records, new Set(bad), 50);
        const { settled, hashes } = await verifySets(
          (of) => settleCohorts(drawn, of),
          setsOf,
          lookAll(truth),
        );
        const sets = setsOf(settled);
        expect(sets.map((set) => set.records.length)).toEqual([60, 40, 20, 15]);
        expect(() => assertPatientDisjoint(sets)).not.toThrow();
        expect(sets.flatMap((set) => set.records).filter(({ id }) => bad.includes(id))).toEqual([]);
        expect(hashes.size).toBe(135);
        const holders = new Map<unknown, string>();
        for (const { name, records: own } of sets)
          for (const record of own) {
            const finding = truth(record);
            const hash = finding?.kind === "readable" ? finding.hash : "";
            expect(holders.get(hash) ?? name).toBe(name);
            holders.set(hash, name);
          }
        for (const label of LABELS) {
          for (const { records: own } of [settled.sft, settled.rl]) {
            const carried = own.filter(({ labels }) => labels[label] === 1).length;
            expect(carried).toBeGreaterThanOrEqual(floorCount(0.02, own.length));
          }
        }
        const accounted = [...sets.flatMap((set) => set.records), ...settled.setAside].map(({ id }) => id);
        expect(accounted.sort()).toEqual([...ids].sort());
        expect(settled.replaced.some(({ reason }) => reason === "same picture in another set")).toBe(true);
        const aside = new Map(settled.setAside.map(({ id, reason }) => [id, reason]));
        for (const { old, reason } of settled.replaced) expect(aside.get(old.id)).toBe(reason);
      }),
      { numRuns: 25 },
    );
  });

  it("puts a picture of the same labels in the lost one's place, and leaves all others where they were", () => {
    const before = makeCohorts(records, REQUEST);
    const [lost] = before.sft.records;
    const bad = new Set([lost?.id]);
    const after = settleCohorts(drawn, ({ id }) =>
      bad.has(id)
        ? { kind: "unusable", reason: "unreadable image", detail: "x" }
        : { kind: "readable", hash: id },
    );
    expect(after.sft.records.slice(1)).toEqual(before.sft.records.slice(1));
    expect([after.rl, after.validation, after.test]).toEqual([before.rl, before.validation, before.test]);
    const [taken] = after.sft.records;
    expect(after.replaced).toEqual([
      { set: "sft", old: lost, new: taken, reason: "unreadable image", detail: "x" },
    ]);
    expect(positiveLabels(taken?.labels ?? image("", "", []).labels)).toEqual(
      positiveLabels(lost?.labels ?? image("", "", []).labels),
    );
    expect(after.sft.rule).toBe(`${before.sft.rule}; 1 unusable, replaced`);
  });

  it("leaves an unusable picture out of a set that has all that is left", () => {
    const rest = drawSets(records, { ...REQUEST, test: "rest" });
    const before = settleCohorts(rest, NOTHING_SEEN);
    const [lost] = before.test?.records ?? [];
    const after = settleCohorts(rest, ({ id }) =>
      id === lost?.id
        ? { kind: "unusable", reason: "missing file", detail: "" }
        : { kind: "readable", hash: id },
    );
    expect(after.test?.records).toEqual(before.test?.records.slice(1));
    expect(after.replaced).toMatchObject([{ set: "test", new: null, reason: "missing file" }]);
    expect(after.test?.rule).toMatch(/; 1 unusable, left out$/);
  });

  it("says when nothing is left to replace with, or a floor can no longer be reached", () => {
    const few = [
      ...Array.from({ length: 20 }, (_, at) => image(`e${at}`, `p${at}`, ["Edema"])),
      image("f", "pf", ["Fracture"]),
    ];
    const broken =
      (...bad: string[]): FindingOf =>
      ({ id }) =>
        bad.includes(id) ? { kind: "unusable", reason: "unreadable image", detail: "" } : undefined;
    const all = drawSets(few, { sft: 21, rl: 0, validation: 0, seed: 1, floorShare: 0 });
    expect(() => settleCohorts(all, broken("e1", "e2"))).toThrow(
      /cohort sft: 2 of 21 pictures cannot be used, and for 2 of them no candidate is left/,
    );
    const one = drawSets(few, {
      sft: 10,
      rl: 0,
      validation: 0,
      seed: 1,
      floorShare: 0.05,
      stated: ["Edema", "Fracture"],
    });
    expect(() => settleCohorts(one, broken("f"))).toThrow(/cohort sft: Fracture reached 0 of the 1 images/);
  });
});
