import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { hardReward } from "./hard-reward.ts";
import { type CohortTruth, permutedTruth, permuteTruth } from "./permuted-truth.ts";
import { answer, CONTEXT, exampleCompletion } from "./testing/rewarded-completion.ts";

const stream = randomStream(1, "cohort");
const cohort: CohortTruth[] = Array.from({ length: 200 }, (_, n) => ({
  id: `r${n}`,
  patient: `p${Math.floor(n / 3)}`,
  truth: LABELS.filter((_label, i) => i === n % 14 || stream.chance(0.2)),
}));

describe("permuteTruth", () => {
  it("gives every image the truth of another patient's image, each truth once", () => {
    // By identity: every truth is its own array, so its owner can be told.
    const owner = new Map(cohort.map((image) => [image.truth, image]));
    const permuted = permuteTruth(cohort, 7);
    expect(permuted.size).toBe(cohort.length);
    const sources = cohort.map((image) => {
      const source = owner.get(permuted.get(image.id) ?? []);
      expect(source?.patient).not.toBe(image.patient);
      return source?.id;
    });
    expect(new Set(sources).size).toBe(cohort.length);
  });

  it("repeats by seed and differs between seeds", () => {
    const pairs = (seed: number) =>
      [...permuteTruth(cohort, seed)].map(([id, truth]) => `${id}:${truth}`).sort();
    expect(pairs(7)).toEqual(pairs(7));
    expect(pairs(7)).not.toEqual(pairs(8));
  });

  it("may pair a patient with any other", () => {
    const three = ["a", "b", "c"].map((id): CohortTruth => ({ id, patient: id, truth: [] }));
    const owner = new Map(three.map((image) => [image.truth, image.id]));
    const partners = new Set(
      Array.from({ length: 40 }, (_, seed) => owner.get(permuteTruth(three, seed).get("a") ?? [])),
    );
    expect(partners).toEqual(new Set(["b", "c"]));
  });

  it("cuts the tie to the image: few keep a truth like their own", () => {
    const permuted = permuteTruth(cohort, 3);
    const same = cohort.filter((image) => `${permuted.get(image.id)}` === `${image.truth}`).length;
    expect(same).toBeLessThan(cohort.length / 20);
  });

  it("refuses a cohort in which one patient holds more than half", () => {
    const image = (id: string, patient: string): CohortTruth => ({ id, patient, truth: ["Edema"] });
    expect(permuteTruth([image("a", "p"), image("b", "q")], 1).size).toBe(2);
    const crowded = [image("a", "p"), image("b", "p"), image("c", "q")];
    expect(() => permuteTruth(crowded, 1)).toThrow(/one patient holds 2 of 3 images/);
    expect(() => permuteTruth([image("a", "p")], 1)).toThrow(/1 of 1/);
  });
});

describe("permutedTruth", () => {
  const completion = (id: string) => exampleCompletion(answer("Edema"), { id });
  const pair: CohortTruth[] = [
    { id: "a", patient: "p", truth: ["Edema"] },
    { id: "b", patient: "q", truth: ["Edema", "Fracture"] },
  ];

  it("pays each image by the other's truth", () => {
    const reward = permutedTruth(hardReward(), pair, 1);
    const { scores } = reward([completion("a"), completion("b")], CONTEXT, null);
    expect(scores.map((score) => score.total)).toEqual([1 / 2, 1]);
  });

  it("refuses a record from outside the cohort", () => {
    expect(() => permutedTruth(hardReward(), pair, 1)([completion("c")], CONTEXT, null)).toThrow(
      /record c is not in the cohort/,
    );
  });
});
