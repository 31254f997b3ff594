import { describe, expect, it } from "vitest";
import type { ImageRecord } from "../datasets/record.ts";
import { randomStream } from "../util/random.ts";
import { patientKey } from "./disjoint.ts";
import type { FindingOf } from "./picture.ts";
import { drawTestSet } from "./test-set.ts";
import { hospital, image } from "./testing/hospital.ts";

describe("drawTestSet", () => {
  const records = hospital(100, 7);

  it("draws n at random, in the order of the ids, and accounts for the rest", () => {
    const { cohort, setAside, replaced } = drawTestSet(records, { name: "nih", count: 50, seed: 1 });
    expect(cohort.records).toHaveLength(50);
    expect(cohort.use).toBe("verdict");
    expect(cohort.rule).toBe(`50 of ${records.length} images, drawn at random (seed 1)`);
    const ids = cohort.records.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect([...ids, ...setAside.map(({ id }) => id)].sort()).toEqual(records.map(({ id }) => id).sort());
    const shuffled = randomStream(1, "x").shuffle(records);
    expect(drawTestSet(shuffled, { name: "nih", count: 50, seed: 1 })).toEqual({
      cohort,
      setAside,
      replaced,
    });
    expect(replaced).toEqual([]);
    expect(drawTestSet(records, { name: "nih", count: 50, seed: 2 }).cohort).not.toEqual(cohort);
  });

  it("takes all of them, or says that there are too few", () => {
    expect(drawTestSet(records, { name: "nih", count: "all", seed: 1 }).cohort.records).toHaveLength(
      records.length,
    );
    expect(() => drawTestSet(records, { name: "nih", count: 1000, seed: 1 })).toThrow(
      /test set nih: 1000 images asked for/,
    );
  });
});

describe("drawTestSet, knowing the pictures", () => {
  const records = hospital(100, 7);
  const request = { name: "nih", count: 50, seed: 1 } as const;
  const broken =
    (...ids: string[]): FindingOf =>
    ({ id }) =>
      ids.includes(id)
        ? { kind: "unusable", reason: "unreadable image", detail: "x" }
        : { kind: "readable", hash: id };

  it("replaces an unusable picture by the next that the draw would have taken", () => {
    const { cohort } = drawTestSet(records, { name: "nih", count: 50, seed: 1 });
    const more = drawTestSet(records, { name: "nih", count: 51, seed: 1 }).cohort.records;
    const next = more.find((record) => !cohort.records.includes(record));
    const lost = cohort.records[3]?.id ?? "";
    const after = drawTestSet(records, request, broken(lost), []);
    expect(after.replaced).toMatchObject([{ old: { id: lost }, new: { id: next?.id } }]);
    const expected = more.map(({ id }) => id).filter((id) => id !== lost);
    expect(after.cohort.records.map(({ id }) => id)).toEqual(expected);
    expect(after.setAside.find(({ id }) => id === lost)?.reason).toBe("unreadable image");
  });

  it("gives up a picture that a training set holds under another name, and counts it", () => {
    const train = image("other", "q", ["Edema"]);
    const before = {
      cohort: { name: "sft", use: "train", rule: "", records: [{ ...train, site: "there" }] } as const,
      hashOf: () => records[5]?.id,
      personOf: () => "q of there",
    };
    const all = drawTestSet(records, { ...request, count: "all" }, broken(), [before]);
    expect(all.cohort.records).toHaveLength(records.length - 1);
    expect(all.cohort.rule).toBe(`all ${records.length} images; 1 unusable, left out`);
    expect(all.setAside).toMatchObject([{ id: records[5]?.id, reason: "same picture in another set" }]);
    expect(all.replaced).toMatchObject([{ new: null, detail: "other of there in sft" }]);
  });

  it("replaces with no patient of another set", () => {
    const singles = records.filter(({ id }) => id.endsWith("i0"));
    const more = drawTestSet(singles, { name: "nih", count: 51, seed: 1 }).cohort.records;
    const drawn = drawTestSet(singles, { name: "nih", count: 50, seed: 1 }).cohort.records;
    const next = more.find((record) => !drawn.includes(record));
    const before = {
      cohort: {
        name: "sft",
        use: "train",
        rule: "",
        records: [image("o", next?.patient ?? "", ["Edema"])],
      } as const,
      hashOf: () => undefined,
      personOf: ({ site, patient }: ImageRecord) => patientKey(site, patient),
    };
    const lost = drawn[0]?.id ?? "";
    expect(drawTestSet(singles, request, broken(lost), []).replaced[0]?.new).toEqual(next);
    const after = drawTestSet(singles, request, broken(lost), [before]).replaced[0]?.new;
    expect(after?.patient).toBeDefined();
    expect(after?.patient).not.toBe(next?.patient);
  });
});
