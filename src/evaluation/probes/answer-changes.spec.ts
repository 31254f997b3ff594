import { describe, expect, it } from "vitest";
import type { Label } from "../../labels/label.ts";
import { type AnswerPair, answerChanges, changeExcess } from "./answer-changes.ts";

const pair = (
  patient: string,
  before: readonly Label[] | null,
  after: readonly Label[] | null,
): AnswerPair => ({ patient, before, after });
const many = (n: number, before: readonly Label[], after: readonly Label[], from = 0): AnswerPair[] =>
  Array.from({ length: n }, (_, index) => pair(`p${from + index}`, before, after));

describe("answerChanges", () => {
  it("counts gains and losses apart, and tests the direction over patients", () => {
    const pairs = [
      ...many(8, ["Edema"], ["Edema", "Pneumothorax"]),
      ...many(2, ["Pneumothorax"], ["No Finding"], 8),
      ...many(10, ["Edema"], ["Edema"], 10),
    ];
    const changes = answerChanges(pairs);
    expect([changes.images, changes.differing, changes.changed.value]).toEqual([20, 10, 0.5]);
    const pneumothorax = changes.labels.find(({ label }) => label === "Pneumothorax");
    expect(pneumothorax).toMatchObject({ gained: 8, lost: 2, changed: { value: 0.5 } });
    // Two-sided exact binomial of 2 in 10: 2 (1 + 10 + 45) / 1024.
    expect(pneumothorax?.direction.p).toBeCloseTo(112 / 1024, 12);
    expect(pneumothorax?.holm).toBe(1);
    expect(changes.labels.find(({ label }) => label === "Edema")).toMatchObject({
      gained: 0,
      lost: 0,
      holm: 1,
    });
  });

  it("takes a patient's images together", () => {
    const pairs = [
      pair("a", [], ["Edema"]),
      pair("a", [], ["Edema"]),
      pair("b", ["Edema"], []),
      pair("c", [], ["Edema"]),
      pair("c", ["Edema"], []),
    ];
    const edema = answerChanges(pairs).labels.find(({ label }) => label === "Edema");
    expect(edema).toMatchObject({ gained: 3, lost: 2 });
    // a gains, b loses, c neither.
    expect(edema?.direction).toMatchObject({ onlyModel: 1, onlyBaseline: 1 });
  });

  it("counts an answer that became unreadable as changed, and keeps it out of the labels", () => {
    const changes = answerChanges([
      pair("a", ["Edema"], null),
      pair("b", null, null),
      pair("c", null, ["Edema"]),
    ]);
    expect(changes).toMatchObject({ differing: 2, becameUnreadable: 1, becameReadable: 1 });
    expect(
      changes.labels.every(({ gained, lost, changed }) => gained + lost === 0 && changed.value === null),
    ).toBe(true);
  });

  it("does not call no change certain", () => {
    const { changed } = answerChanges(many(30, ["Edema"], ["Edema"]));
    expect([changed.value, changed.low]).toEqual([0, 0]);
    expect(changed.high).toBeGreaterThan(0.03);
  });
});

describe("changeExcess", () => {
  it("is the difference of shares on the same images", () => {
    const region = [...many(12, ["Edema"], []), ...many(8, ["Edema"], ["Edema"], 12)];
    const elsewhere = [...many(2, ["Edema"], []), ...many(18, ["Edema"], ["Edema"], 2)];
    const { difference, test } = changeExcess(region, elsewhere, { resamples: 500 });
    expect(difference.value).toBe(0.5);
    expect(difference.low).toBeGreaterThan(0.2);
    expect(test).toMatchObject({ onlyModel: 10, onlyBaseline: 0 });
    expect(test.p).toBeCloseTo(2 / 1024, 12);
    expect(changeExcess(region, region, { resamples: 500 }).difference).toEqual({
      value: 0,
      low: 0,
      high: 0,
    });
  });

  it("refuses pairs of other images", () => {
    expect(() => changeExcess(many(2, [], []), many(3, [], []))).toThrow("different images");
    expect(() => changeExcess(many(2, [], []), many(2, [], [], 1))).toThrow("different images");
  });
});
