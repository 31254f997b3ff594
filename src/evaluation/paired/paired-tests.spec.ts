import { describe, expect, it } from "vitest";
import type { Label } from "../../labels/label.ts";
import { randomStream } from "../../util/random.ts";
import { compare } from "../compare.ts";
import { prepare } from "../prepare.ts";
import type { Reading, ReadingSet } from "../reading.ts";
import { pairedTests } from "./paired-tests.ts";

const STATED: Label[] = ["Edema", "Fracture", "Pneumonia"];
const options = { matched: ["Edema"] as Label[], resamples: 500, seed: 4 };

/** Edema in every third image, Pneumonia in every fourth, Fracture in 6 of 120. */
function truthOf(i: number): Label[] {
  return STATED.filter((label) => i % { Edema: 3, Pneumonia: 4, Fracture: 20 }[label as "Edema"] === 0);
}

function reader(model: string, edema: number, trial: number | string = 0, failing = 0): ReadingSet {
  const random = randomStream(6, "paired tests spec", model, trial);
  const readings = Array.from({ length: 120 }, (_, i): Reading => {
    const truth = truthOf(i);
    const failed = random.chance(failing);
    const predicted = STATED.filter((label) =>
      random.chance(truth.includes(label) ? (label === "Edema" ? edema : 0.6) : 0.15),
    );
    return {
      id: `${i}`,
      patient: `p${i}`,
      truth,
      predicted: failed ? null : predicted,
      failure: failed ? "cut off" : null,
    };
  });
  return { model, data: "d", stated: STATED, readings };
}

describe("pairedTests", () => {
  it("finds a clear gain in the label that has it, and corrects over the labels tested", () => {
    const { tests } = compare(reader("good", 0.95), reader("bad", 0.3), options);
    expect(tests.macroF1.frequent).toBeLessThan(0.02);
    expect(tests.macroF1.matched).toBe(1 / 501);
    const [edema, pneumonia, fracture] = ["Edema", "Pneumonia", "Fracture"].map((name) =>
      tests.labels.find(({ label }) => label === name),
    );
    if (edema?.outcome !== "tested" || pneumonia?.outcome !== "tested") throw new Error("not tested");
    expect(edema.p).toBe(1 / 501);
    expect(edema.holm).toBe(2 / 501);
    expect(pneumonia.p).toBeGreaterThan(0.01);
    expect(edema.positives.p).toBeLessThan(0.001);
    expect(edema.positives.onlyModel).toBeGreaterThan(edema.positives.onlyBaseline);
    // Too rare to test: 6 positives.
    expect(fracture).toMatchObject({ outcome: "described", support: 6 });
  });

  it("is the same both ways round, and has p = 1 for a model against itself", () => {
    const [one, other] = [reader("one", 0.7), reader("other", 0.5, 0, 0.2)];
    const [there, back] = [compare(one, other, options), compare(other, one, options)].map(
      ({ tests }) => tests,
    );
    expect(there?.macroF1).toEqual(back?.macroF1);
    expect(there?.microF1).toEqual(back?.microF1);
    const same = compare(one, one, options).tests;
    expect([...Object.values(same.macroF1), ...Object.values(same.microF1)]).toEqual(Array(6).fill(1));
  });

  it("calls two equal readers different about as often as its level says", () => {
    const trials = 400;
    let called = 0;
    for (let trial = 0; trial < trials; trial++) {
      const [one, other] = [reader("one", 0.6, trial), reader("other", 0.6, trial)];
      const [own, minus] = [prepare(one, [], []), prepare(other, [], [])];
      const { macroF1 } = pairedTests(own, minus, { resamples: 59, seed: trial });
      if ((macroF1.all ?? 1) <= 0.1) called++;
    }
    // 10 % of 400 with a standard error of 1.5 points: four of them.
    expect(Math.abs(called / trials - 0.1)).toBeLessThan(0.06);
  });

  it("counts McNemar's pairs by patient", () => {
    const say = (model: string, answers: readonly (readonly Label[])[]): ReadingSet => ({
      model,
      data: "d",
      stated: ["Edema"],
      readings: Array.from({ length: 40 }, (_, i) => ({
        id: `${i}`,
        patient: `p${i % 20}`,
        truth: i < 20 ? (["Edema"] as const) : [],
        predicted: answers[i] ?? [],
        failure: null,
      })),
    });
    const yes: Label[] = ["Edema"];
    const of = say(
      "of",
      Array.from({ length: 40 }, (_, i) => (i < 12 || i === 25 ? yes : [])),
    );
    const minus = say(
      "minus",
      Array.from({ length: 40 }, (_, i) => ((i >= 10 && i < 15) || i > 36 ? yes : [])),
    );
    const [edema] = compare(of, minus, { ...options, resamples: 20 }).tests.labels;
    if (edema?.outcome !== "tested") throw new Error("not tested");
    // Positives: 0..9 only `of`, 12..14 only `minus`. Negatives: `of` is wrong on 25, `minus` on 37, 38, 39.
    expect(edema.positives).toMatchObject({ onlyModel: 10, onlyBaseline: 3 });
    expect(edema.negatives).toMatchObject({ onlyModel: 3, onlyBaseline: 1, midP: null });
  });

  it("tests nothing where there are no readings", () => {
    const empty = { ...reader("one", 0.5), readings: [] };
    const { tests } = compare(empty, { ...empty, model: "other" }, { ...options, resamples: 5 });
    expect(tests.macroF1).toEqual({ all: null, matched: null, frequent: null });
    expect(tests.labels.map(({ outcome }) => outcome)).toEqual(["described", "described", "described"]);
  });
});
