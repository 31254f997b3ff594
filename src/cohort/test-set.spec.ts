import { describe, expect, it } from "vitest";
import { randomStream } from "../util/random.ts";
import { drawTestSet } from "./test-set.ts";
import { hospital } from "./testing/hospital.ts";

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
