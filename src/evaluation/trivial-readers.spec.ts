import { describe, expect, it } from "vitest";
import { LABELS, type Label } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { bestConstant } from "./best-constant.ts";
import type { ReadingSet } from "./reading.ts";
import { trivialReaders } from "./trivial-readers.ts";

const testSet = (n: number, stated: readonly Label[] = LABELS): ReadingSet => ({
  model: "none",
  data: "d",
  stated,
  readings: Array.from({ length: n }, (_, i) => ({
    id: `i${i}`,
    patient: `p${i}`,
    truth: [],
    predicted: [],
    failure: null,
  })),
});
const answers = (set: ReadingSet | undefined) => set?.readings.map((reading) => reading.predicted) ?? [];

describe("trivialReaders", () => {
  const training: Label[][] = [["Edema"], ["Edema", "Fracture"], ["Edema"], ["Pneumonia"]];

  it("always names all that the hospital states, and nothing else", () => {
    const [always] = trivialReaders(testSet(2, ["Fracture", "Edema"]), training, 1);
    expect(always?.model).toBe("always");
    expect(answers(always)).toEqual([
      ["Edema", "Fracture"],
      ["Edema", "Fracture"],
    ]);
  });

  it("draws each label with its training prevalence, the same for a seed", () => {
    const [, prior] = trivialReaders(testSet(4000), training, 1);
    const share = (label: Label) => answers(prior).filter((said) => said?.includes(label)).length / 4000;
    // Five standard deviations of a share from 4,000 draws are at most 0.04.
    expect(Math.abs(share("Edema") - 0.75)).toBeLessThan(0.04);
    expect(Math.abs(share("Fracture") - 0.25)).toBeLessThan(0.04);
    expect(share("Pneumothorax")).toBe(0);
    expect(answers(trivialReaders(testSet(50), training, 1)[1])).toEqual(answers(prior).slice(0, 50));
    expect(answers(trivialReaders(testSet(50), training, 2)[1])).not.toEqual(answers(prior).slice(0, 50));
  });

  it("gives the best constant among what the hospital states", () => {
    const [, , anywhere] = trivialReaders(testSet(1), training, 1);
    const [, , elsewhere] = trivialReaders(testSet(1, ["Fracture"]), training, 1);
    expect(answers(anywhere)).toEqual([["Edema"]]);
    expect(answers(elsewhere)).toEqual([["Fracture"]]);
  });

  it("refuses an empty training cohort", () => {
    expect(() => trivialReaders(testSet(1), [], 1)).toThrow("training cohort is empty");
  });
});

describe("bestConstant", () => {
  const plainJaccard = (a: readonly Label[], b: readonly Label[]) =>
    a.filter((label) => b.includes(label)).length / new Set([...a, ...b]).size;

  it("beats or equals every other subset, by plain sets", () => {
    const random = randomStream(4, "best constant spec");
    const some = LABELS.slice(0, 6);
    for (let trial = 0; trial < 20; trial++) {
      const training = Array.from({ length: 15 }, () => some.filter(() => random.chance(0.4)));
      const asked = training.filter((labels) => labels.length > 0);
      const mean = (answer: readonly Label[]) =>
        asked.reduce((sum, labels) => sum + plainJaccard(answer, labels), 0) / asked.length;
      const best = bestConstant(training, some);
      expect(best.jaccard).toBeCloseTo(mean(best.labels), 12);
      for (let bits = 1; bits < 64; bits++) {
        expect(mean(some.filter((_, i) => (bits >> i) & 1))).toBeLessThanOrEqual(best.jaccard + 1e-12);
      }
    }
  });

  it("prefers fewer labels, then earlier ones, and sets images without labels aside", () => {
    expect(bestConstant([["Edema"], ["Fracture"], []], LABELS)).toEqual({ labels: ["Edema"], jaccard: 0.5 });
    expect(bestConstant([[]], LABELS)).toEqual({ labels: [], jaccard: 0 });
  });
});
