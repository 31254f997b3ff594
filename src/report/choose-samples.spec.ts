import { describe, expect, it } from "vitest";
import type { Reading, ReadingSet } from "../evaluation/reading.ts";
import { LABELS, type Label } from "../labels/label.ts";
import { chooseSamples } from "./choose-samples.ts";

const truth: Label[] = ["Edema", "Fracture"];
const answers: Record<string, readonly [readonly Label[] | null, readonly Label[] | null]> = {
  better: [["Edema"], ["Edema", "Fracture"]],
  worse: [["Edema"], ["Pneumonia"]],
  exact: [truth, ["Fracture", "Edema"]],
  missed: [["Pneumonia"], ["Consolidation"]],
  partly: [["Edema"], ["Fracture"]],
  failed: [null, ["Edema"]],
};

function set(model: string, side: 0 | 1, copies = 1): ReadingSet {
  const readings = Object.entries(answers).flatMap(([kind, both]) =>
    Array.from({ length: copies }, (_, copy): Reading => {
      const predicted = both[side];
      return {
        id: `${kind}/${copy}`,
        patient: kind,
        truth,
        predicted,
        failure: predicted === null ? "cut off" : null,
      };
    }),
  );
  return { model, data: "d", stated: LABELS, readings };
}

describe("chooseSamples", () => {
  it("takes one of each kind in turn, with its reason", () => {
    expect(chooseSamples(set("sft", 0), set("grpo", 1), 10, 1)).toEqual([
      { id: "better/0", reason: "grpo reads it better than sft" },
      { id: "worse/0", reason: "grpo reads it worse than sft" },
      { id: "exact/0", reason: "both read it exactly" },
      { id: "missed/0", reason: "both miss all of it" },
      { id: "failed/0", reason: "an answer could not be read" },
    ]);
  });

  it("stops at the count, chooses by the seed, whatever the order", () => {
    const [before, after] = [set("sft", 0, 30), set("grpo", 1, 30)];
    const chosen = chooseSamples(before, after, 12, 1);
    expect(chosen).toHaveLength(12);
    expect(new Set(chosen.map(({ id }) => id)).size).toBe(12);
    const turned = { ...after, readings: [...after.readings].reverse() };
    expect(chooseSamples(before, turned, 12, 1)).toEqual(chosen);
    expect(chooseSamples(before, after, 12, 2)).not.toEqual(chosen);
  });

  it("refuses sets of different images", () => {
    const short = { ...set("sft", 0), readings: [] };
    expect(() => chooseSamples(short, set("grpo", 1), 1, 1)).toThrow("was not read by sft");
  });
});
