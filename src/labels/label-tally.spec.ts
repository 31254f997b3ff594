import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABELS, labelRow } from "./label.ts";
import { spokenLabels, tallyLabels } from "./label-tally.ts";

const values = fc.tuple(...LABELS.map(() => fc.constantFrom(1 as const, 0 as const, -1 as const, null)));
const anyRow = values.map((row) => labelRow(Object.fromEntries(LABELS.map((label, at) => [label, row[at]]))));

describe("tallyLabels", () => {
  it("counts what is said, and what is said together", () => {
    const row = labelRow({ Edema: 1, Pneumonia: 1, Fracture: -1 });
    const tally = tallyLabels([row, row, labelRow({ Edema: 1, Fracture: 0 })]);
    expect(tally.rows).toBe(3);
    expect(tally.labels.Edema).toEqual({ positive: 3, negative: 0, uncertain: 0, blank: 0 });
    expect(tally.labels.Fracture).toEqual({ positive: 0, negative: 1, uncertain: 2, blank: 0 });
    expect(spokenLabels(tally)).toEqual(["Edema", "Pneumonia", "Fracture"]);
    expect(spokenLabels(tallyLabels([]))).toEqual([]);
    expect(tally.together.Edema).toMatchObject({ Edema: 3, Pneumonia: 2, Fracture: 0 });
  });

  it("adds up, is symmetric, and counts a shared row as often as it stands there", () => {
    fc.assert(
      fc.property(fc.array(anyRow), (rows) => {
        const tally = tallyLabels([...rows, ...rows]);
        expect(tally.rows).toBe(2 * rows.length);
        for (const label of LABELS) {
          const { positive, negative, uncertain, blank } = tally.labels[label];
          expect(positive + negative + uncertain + blank).toBe(tally.rows);
          expect(positive).toBe(2 * rows.filter((row) => row[label] === 1).length);
          expect(tally.together[label][label]).toBe(positive);
          for (const other of LABELS) {
            expect(tally.together[label][other]).toBe(tally.together[other][label]);
            expect(tally.together[label][other]).toBeLessThanOrEqual(positive);
          }
        }
      }),
    );
  });
});
