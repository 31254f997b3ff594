import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageRecord, View } from "../datasets/record.ts";
import { LABELS, type Label, labelRow } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import type { Cohort } from "./cohort.ts";
import { readCohort, writeCohort, writeSetAside } from "./cohort-file.ts";
import { assertPatientDisjoint } from "./disjoint.ts";
import { type CohortRequest, makeCohorts } from "./make-cohorts.ts";
import { drawTestSet } from "./test-set.ts";

function image(id: string, patient: string, labels: readonly Label[], view: View = "AP"): ImageRecord {
  return {
    id,
    patient,
    study: id,
    image: `${id}.png`,
    view,
    sex: null,
    age: null,
    site: "here",
    licence: "synthetic",
    labels: labelRow(Object.fromEntries(labels.map((label) => [label, 1]))),
  };
}

/** Patients with one to four images each; some not frontal, some without a label. */
function hospital(patients: number, seed: number): ImageRecord[] {
  const random = randomStream(seed, "hospital");
  return Array.from({ length: patients }, (_, patient) =>
    Array.from({ length: 1 + random.integer(4) }, (_, at) => {
      const labels = random.chance(0.1) ? [] : [random.pick(LABELS), random.pick(LABELS)];
      const view = random.chance(0.1) ? "lateral" : random.pick(["AP", "PA"] as const);
      return image(`p${patient}i${at}`, `p${patient}`, labels, view);
    }),
  ).flat();
}

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

describe("assertPatientDisjoint", () => {
  const set = (name: string, ...records: ImageRecord[]): Cohort => ({
    name,
    use: "train",
    rule: "",
    records,
  });

  it("refuses a patient in two sets, and an image twice", () => {
    const a = image("a", "p", ["Edema"]);
    const b = image("b", "p", ["Edema"]);
    const elsewhere = { ...image("c", "p", ["Edema"]), site: "there" };
    expect(() => assertPatientDisjoint([set("x", a, b), set("y", elsewhere)])).not.toThrow();
    expect(() => assertPatientDisjoint([set("x", a), set("y", b)])).toThrow(
      /patient p of here is in two sets, x and y/,
    );
    expect(() => assertPatientDisjoint([set("x", a, a)])).toThrow(/image a of here is twice in x/);
  });
});

describe("drawTestSet", () => {
  const records = hospital(100, 7);

  it("draws n at random, in the order of the ids, and accounts for the rest", () => {
    const { cohort, setAside } = drawTestSet("nih", records, 50, 1);
    expect(cohort.records).toHaveLength(50);
    expect(cohort.use).toBe("verdict");
    expect(cohort.rule).toBe(`50 of ${records.length} images, drawn at random (seed 1)`);
    const ids = cohort.records.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect([...ids, ...setAside.map(({ id }) => id)].sort()).toEqual(records.map(({ id }) => id).sort());
    const shuffled = randomStream(1, "x").shuffle(records);
    expect(drawTestSet("nih", shuffled, 50, 1)).toEqual({ cohort, setAside });
    expect(drawTestSet("nih", records, 50, 2).cohort).not.toEqual(cohort);
  });

  it("takes all of them, or says that there are too few", () => {
    expect(drawTestSet("nih", records, "all", 1).cohort.records).toHaveLength(records.length);
    expect(() => drawTestSet("nih", records, 1000, 1)).toThrow(/test set nih: 1000 images asked for/);
  });
});

describe("cohort files", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "cohort-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("give back the cohort, a line a record, each with set and use", async () => {
    const { sft, setAside } = makeCohorts(hospital(200, 8), { ...REQUEST, floorShare: 0 });
    const file = path.join(folder, "cohorts/sft.jsonl");
    await writeCohort(file, sft);
    expect(await readCohort(file)).toEqual(sft);
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    expect(lines).toHaveLength(60);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ set: "sft", use: "train" });
    await writeSetAside(path.join(folder, "set-aside.jsonl"), setAside);
    expect((await readFile(path.join(folder, "set-aside.jsonl"), "utf8")).split("\n")).toHaveLength(
      setAside.length + 1,
    );
  });

  it("are refused, by line, when they are not what they should be", async () => {
    const file = path.join(folder, "bad.jsonl");
    const line = (set: string, use: string, id: string) =>
      JSON.stringify({ set, use, rule: "", ...image(id, id, ["Edema"]) });
    const read = async (...lines: string[]) => {
      await writeFile(file, lines.join("\n"));
      return readCohort(file);
    };
    await expect(read()).rejects.toThrow(/bad\.jsonl: the cohort is empty/);
    await expect(read(line("a", "train", "1"), "{")).rejects.toThrow(/bad\.jsonl:2: not a line of JSON/);
    await expect(read(line("a", "train", "1"), line("a", "verdict", "2"))).rejects.toThrow(
      /bad\.jsonl:2: another set/,
    );
    await expect(read(line("a", "fun", "1"))).rejects.toThrow(/bad\.jsonl:1: use/);
    await expect(read(line("a", "train", "1").replace('"Edema":1', '"Edema":7'))).rejects.toThrow(
      /labels\.Edema/,
    );
    await expect(read(line("a", "train", "1"), line("a", "train", "1"))).rejects.toThrow(/twice/);
    await expect(readCohort(path.join(folder, "none.jsonl"))).rejects.toThrow(/cannot be read/);
  });
});
