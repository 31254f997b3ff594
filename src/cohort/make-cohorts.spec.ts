import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import type { CohortRequest } from "./cohort-request.ts";
import { makeCohorts } from "./make-cohorts.ts";
import { hospital } from "./testing/hospital.ts";

const REQUEST: CohortRequest = { sft: 60, rl: 40, validation: 20, test: 15, seed: 1 };

describe("makeCohorts", () => {
  it("accounts for every record once, keeps patients apart, and reaches the floors", () => {
    const sizes = fc.record({
      // From 14 images on, one of each label fits.
      sft: fc.integer({ min: LABELS.length, max: 60 }),
      rl: fc.integer({ min: LABELS.length, max: 40 }),
      validation: fc.integer({ min: 0, max: 20 }),
      test: fc.integer({ min: 0, max: 20 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(sizes, fc.nat(), (request, seed) => {
        const records = hospital(300, seed);
        const { sft, rl, validation, test, setAside } = makeCohorts(records, {
          ...request,
          floorShare: 0.02,
        });
        const sets = [sft, rl, validation, ...(test === null ? [] : [test])];
        expect(sets.map(({ records: { length } }) => length)).toEqual(
          [request.sft, request.rl, request.validation, request.test].slice(0, sets.length),
        );
        const ids = [...sets.flatMap((set) => set.records), ...setAside].map(({ id }) => id);
        expect(ids.sort()).toEqual(records.map(({ id }) => id).sort());
        const owners = sets.flatMap((set) => [...new Set(set.records.map(({ patient }) => patient))]);
        expect(new Set(owners).size).toBe(owners.length);
        for (const { records: picked } of [sft, rl]) {
          expect(picked.every(({ labels }) => LABELS.some((label) => labels[label] === 1))).toBe(true);
        }
        expect(sets.flatMap((set) => set.records).every(({ view }) => view !== "lateral")).toBe(true);
        for (const label of LABELS) {
          const share = sft.records.filter(({ labels }) => labels[label] === 1).length;
          expect(share).toBeGreaterThanOrEqual(Math.ceil(0.02 * request.sft - 1e-9));
        }
      }),
      { numRuns: 20 },
    );
  });

  it("gives each record set aside the reason that holds", () => {
    const records = hospital(200, 3);
    const { sft, rl, validation, test, setAside } = makeCohorts(records, { ...REQUEST, floorShare: 0 });
    const used = new Set(
      [sft, rl, validation, test].flatMap((set) => set?.records.map(({ patient }) => patient)),
    );
    const byId = new Map(records.map((record) => [record.id, record]));
    for (const { id, patient, reason } of setAside) {
      const record = byId.get(id);
      const lateral = record?.view === "lateral";
      const empty = LABELS.every((label) => record?.labels[label] !== 1);
      const expected = lateral
        ? "not frontal"
        : used.has(patient)
          ? "patient used elsewhere"
          : empty
            ? "no positive label"
            : "not drawn";
      expect([id, reason]).toEqual([id, expected]);
    }
    expect(new Set(setAside.map(({ reason }) => reason)).size).toBe(4);
  });

  it("does not depend on the order of the records, and does on the seed", () => {
    const records = hospital(200, 4);
    const shuffled = randomStream(9, "order").shuffle(records);
    const request = { ...REQUEST, floorShare: 0 };
    expect(makeCohorts(shuffled, request)).toEqual(makeCohorts(records, request));
    expect(makeCohorts(records, { ...request, seed: 2 }).sft).not.toEqual(makeCohorts(records, request).sft);
  });

  it("draws validation like its source, unlabelled images and all, and records what each set is for", () => {
    const { sft, rl, validation, test } = makeCohorts(hospital(900, 5), {
      ...REQUEST,
      validation: 400,
      floorShare: 0,
    });
    const empty = validation.records.filter(({ labels }) =>
      LABELS.every((label) => labels[label] !== 1),
    ).length;
    expect(empty).toBeGreaterThan(20);
    expect([sft.use, rl.use, validation.use, test?.use]).toEqual(["train", "train", "choose", "verdict"]);
    expect(validation.rule).toMatch(/^400 of \d+ frontal images, drawn at random \(seed 1\)$/);
  });

  it("takes for the test all that no other set's patients have, when asked", () => {
    const records = hospital(200, 10);
    const { sft, rl, validation, test, setAside } = makeCohorts(records, {
      ...REQUEST,
      test: "rest",
      floorShare: 0,
    });
    const used = new Set([sft, rl, validation].flatMap((set) => set.records.map(({ patient }) => patient)));
    const left = records.filter(({ patient, view }) => !used.has(patient) && view !== "lateral");
    expect(test?.records.map(({ id }) => id).sort()).toEqual(left.map(({ id }) => id).sort());
    expect(test?.use).toBe("verdict");
    expect(
      setAside.every(({ reason }) => reason === "not frontal" || reason === "patient used elsewhere"),
    ).toBe(true);
    const all = records.filter(({ view, patient }) => view !== "lateral" && patient === "p0").slice(0, 1);
    expect(() =>
      makeCohorts(all, { sft: 0, rl: 0, validation: 1, test: "rest", seed: 1, floorShare: 0 }),
    ).toThrow(/no patient is left/);
  });

  it("asks no floor of a label that the hospital cannot state", () => {
    const records = hospital(200, 6).map((record) => ({
      ...record,
      labels: { ...record.labels, Fracture: null },
    }));
    expect(() => makeCohorts(records, REQUEST)).toThrow(
      /cohort sft: Fracture is to be in 3 of 60 .* only 0 exist/,
    );
    const stated = LABELS.filter((label) => label !== "Fracture");
    expect(makeCohorts(records, { ...REQUEST, stated }).sft.records).toHaveLength(60);
  });

  it("says when there are too few images", () => {
    expect(() => makeCohorts(hospital(10, 1), { ...REQUEST, validation: 500, test: 0 })).toThrow(
      /cohort validation: 500 images asked for, \d+ can be used/,
    );
  });
});
