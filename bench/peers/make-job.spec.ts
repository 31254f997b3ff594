import { describe, expect, it } from "vitest";
import { CASES } from "./cases.ts";
import { ALL_ON, makeJob } from "./make-job.ts";
import { type Prepared, tinyShape } from "./prepare-model.ts";

const prepared: Prepared = {
  shape: tinyShape(448),
  model: "model",
  start: "start",
  images: "images",
  drawn: Array.from({ length: 100 }, (_, i) => ({ file: `${i}.png`, labels: ["Edema" as const], text: "" })),
  traces: new Map(
    [64, 512].map((length) => [length, Array.from({ length: 100 }, (_, i) => `${length} ${i}`)]),
  ),
};

describe("makeJob", () => {
  it.each(CASES.map((one) => [one.name, one] as const))("%s meets no picture twice", (_, one) => {
    const { sets } = makeJob(one, prepared, 1, ALL_ON);
    expect(sets).toHaveLength(one.repetitions + 1);
    const files = sets.flatMap(({ rows }) => rows.map(({ file }) => file));
    expect(new Set(files).size).toBe(files.length);
    for (const { rows, order } of sets) {
      expect(rows).toHaveLength(one.images);
      expect([...order].sort((a, b) => a - b)).toEqual(
        Array.from({ length: one.images * one.epochs }, (__, i) => Math.floor(i / one.epochs)),
      );
    }
  });

  it("refuses too few pictures", () => {
    const [one] = CASES;
    if (one === undefined) throw new Error("no cases");
    expect(() => makeJob(one, { ...prepared, drawn: prepared.drawn.slice(0, 10) }, 1, ALL_ON)).toThrow(
      "too few",
    );
  });
});
