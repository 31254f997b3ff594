import { describe, expect, it } from "vitest";
import { closeUpward } from "../../labels/hierarchy.ts";
import { LABELS, type Label } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import type { ReadingSet } from "../reading.ts";
import { conventionProbe, outcomeOf } from "./convention-probe.ts";
import { type ImplicationRate, implicationRate, shareEstimate } from "./implication-rate.ts";

/** What a labeler writes who adds Enlarged Cardiomediastinum to Cardiomegaly with a chance. */
function labelled(seed: number, n: number, chance: number): { patient: string; labels: Label[] }[] {
  const random = randomStream(seed, "labels");
  return Array.from({ length: n }, (_, index) => {
    const labels: Label[] = [];
    if (random.chance(0.4)) labels.push("Cardiomegaly");
    if (labels.length > 0 && random.chance(chance)) labels.push("Enlarged Cardiomediastinum");
    if (random.chance(0.3)) labels.push("Fracture");
    return { patient: `p${index % (n - 10)}`, labels };
  });
}

function readings(
  model: string,
  answers: readonly (readonly Label[] | null)[],
  truth: readonly (readonly Label[])[],
): ReadingSet {
  return {
    model,
    data: "away",
    stated: LABELS,
    readings: answers.map((predicted, index) => ({
      id: `i${index}`,
      patient: `p${index}`,
      truth: truth[index] ?? [],
      predicted,
      failure: predicted === null ? "cut off" : null,
    })),
  };
}

const N = 300;
const training = { stated: LABELS, images: labelled(1, N, 0.07) };
const truth = labelled(2, N, 0.5).map(({ labels }) => closeUpward(labels));
const asTraining = labelled(3, N, 0.07).map(({ labels }) => labels);
const asTruth = labelled(4, N, 0.5).map(({ labels }) => closeUpward(labels));
const probe = (after: readonly (readonly Label[] | null)[], before: readonly (readonly Label[] | null)[]) =>
  conventionProbe(readings("grpo", after, truth), readings("sft", before, truth), training, {
    resamples: 1000,
  });
const heart = (result: ReturnType<typeof conventionProbe>) => {
  const [found] = result.implications.filter(({ antecedent }) => antecedent === "Cardiomegaly");
  if (found === undefined) throw new Error("the heart's implication was not probed");
  return found;
};

describe("the convention probe", () => {
  it("tells a model that writes as its training labeler from one that writes the truth, and the move between", () => {
    const towards = heart(probe(asTruth, asTraining));
    expect(towards).toMatchObject({
      antecedent: "Cardiomegaly",
      consequent: "Enlarged Cardiomediastinum",
      because: "hierarchy",
      outcome: "follows truth",
      position: 1,
    });
    expect(towards.truth.value).toBe(1);
    expect(towards.training.value).toBeCloseTo(0.07, 1);
    expect(towards.move?.outcome).toBe("towards truth");
    expect(towards.move?.difference.low).toBeGreaterThan(0.7);

    const back = heart(probe(asTraining, asTruth));
    expect(back.outcome).toBe("follows training labeler");
    expect(back.move?.outcome).toBe("towards training labeler");
    expect(heart(probe(asTraining, asTraining)).move).toMatchObject({ p: 1, outcome: "no clear move" });
  });

  it("says of half-way that it is neither, and of few that they are few", () => {
    const half = labelled(5, N, 0.5).map(({ labels }) => labels);
    expect(heart(probe(half, asTraining)).outcome).toBe("neither");
    const rare = asTruth.map((labels, index) => (index < 30 ? labels : (["Edema"] as const)));
    const few = heart(probe(rare, asTraining));
    expect(few.model.patients).toBeLessThan(20);
    expect([few.outcome, few.move?.outcome, few.move?.p]).toEqual(["too few", "too few", null]);
  });

  it("leaves failed answers out and counts them", () => {
    const failing = asTruth.map((labels, index) => (index % 3 === 0 ? null : labels));
    const result = probe(failing, asTraining);
    expect(result.failed).toBe(100);
    expect(heart(result).outcome).toBe("follows truth");
    expect(heart(result).model.given).toBe(
      failing.filter((labels) => labels?.includes("Cardiomegaly")).length,
    );
  });

  it("asks for any other pair only where the conventions differ, chosen without the model", () => {
    const asked = (answers: typeof asTruth) =>
      probe(answers, asTruth).implications.map(
        ({ antecedent, consequent }) => `${antecedent}, ${consequent}`,
      );
    const own = asked(asTraining);
    expect(own).toEqual(asked(asTruth));
    // The truth names Enlarged Cardiomediastinum far more often, so given a fracture too.
    expect(own).toContain("Fracture, Enlarged Cardiomediastinum");
    expect(own).not.toContain("Cardiomegaly, Fracture");
    expect(own.join()).not.toContain("No Finding");
  });

  it("never asks for a label that one of the two cannot state", () => {
    const without: Label[] = LABELS.filter((label) => label !== "Enlarged Cardiomediastinum");
    const set = readings(
      "grpo",
      asTruth,
      truth.map((labels) => labels.filter((l) => without.includes(l))),
    );
    const result = conventionProbe({ ...set, stated: without }, null, training);
    expect(result.implications.map(({ consequent }) => consequent)).not.toContain(
      "Enlarged Cardiomediastinum",
    );
    expect(result.implications.every(({ move }) => move === null)).toBe(true);
  });
});

describe("rates", () => {
  it("are Jeffreys' with patients as units", () => {
    // scipy.stats.beta.ppf([0.025, 0.975], 7.5, 3.5)
    const single = shareEstimate(7, 10, 10, 0.95);
    expect(single.value).toBe(0.7);
    expect(single.low).toBeCloseTo(0.394, 3);
    expect(single.high).toBeCloseTo(0.907, 3);
    // Each patient twice: the same share, and no more certain.
    expect(shareEstimate(14, 20, 10, 0.95)).toEqual(single);
    expect(shareEstimate(0, 0, 0, 0.95).value).toBeNull();
    expect(shareEstimate(25, 25, 25, 0.95).low).toBeLessThan(1);
    expect(shareEstimate(25, 25, 25, 0.95).high).toBe(1);
    expect(shareEstimate(0, 25, 25, 0.95).low).toBe(0);
  });

  it("count the images that name the antecedent", () => {
    const images = [
      { patient: "a", labels: ["Edema", "Lung Opacity"] as const },
      { patient: "a", labels: ["Edema"] as const },
      { patient: "b", labels: ["Lung Opacity"] as const },
    ];
    expect(implicationRate(images, ["Edema", "Lung Opacity"], 0.95)).toMatchObject({
      value: 0.5,
      given: 2,
      patients: 1,
      both: 1,
    });
  });

  it("become each outcome", () => {
    const rate = (value: number, low: number, high: number, patients = 50): ImplicationRate => ({
      value,
      low,
      high,
      patients,
      given: patients,
      both: Math.round(value * patients),
    });
    const pair = { training: rate(0.1, 0.05, 0.2), truth: rate(0.9, 0.8, 0.97) };
    expect(outcomeOf(rate(0.12, 0.06, 0.2), pair)).toBe("follows training labeler");
    expect(outcomeOf(rate(0.85, 0.7, 0.95), pair)).toBe("follows truth");
    expect(outcomeOf(rate(0.5, 0.4, 0.6), pair)).toBe("neither");
    expect(outcomeOf(rate(0.5, 0.05, 0.95), pair)).toBe("cannot tell");
    expect(outcomeOf(rate(0.9, 0.8, 0.97, 19), pair)).toBe("too few");
    expect(outcomeOf(rate(0.9, 0.8, 0.97), { ...pair, training: rate(0.8, 0.7, 0.92) })).toBe(
      "conventions agree",
    );
    expect(outcomeOf(rate(0.9, 0.8, 0.97), { ...pair, truth: rate(0.9, 0.8, 0.97, 19) })).toBe("too few");
  });
});
