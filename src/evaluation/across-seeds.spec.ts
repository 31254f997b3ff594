import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { acrossSeeds } from "./across-seeds.ts";
import { compare } from "./compare.ts";
import { evaluate } from "./evaluate.ts";
import type { ReadingSet } from "./reading.ts";
import type { View } from "./statistics.ts";

const options = { matched: LABELS.slice(0, 4), resamples: 400, seed: 3 };

function reader(model: string, seed: number, sensitivity: number): ReadingSet {
  const [truths, answers] = [randomStream(1, "seeds truth"), randomStream(seed, "seeds", model)];
  return {
    model,
    data: "d",
    stated: LABELS,
    readings: Array.from({ length: 90 }, (_, i) => {
      const truth = LABELS.filter(() => truths.chance(0.3));
      const failed = answers.chance(0.05 * seed);
      const said = LABELS.filter((label) => answers.chance(truth.includes(label) ? sensitivity : 0.1));
      return {
        id: `i${i}`,
        patient: `p${i % 70}`,
        truth,
        predicted: failed ? null : said,
        failure: failed ? `failed ${seed}` : null,
      };
    }),
  };
}
const grpo = [0.8, 0.7, 0.4].map((sensitivity, seed) => reader("grpo", seed, sensitivity));
const sft = [0.5, 0.5, 0.5].map((sensitivity, seed) => reader("sft", seed, sensitivity));
const macro = <E>({ views }: { views: readonly View<E>[] }): E => {
  const [view] = views;
  if (view === undefined) throw new Error("no view");
  return view.macro.f1;
};
const width = ({ low, high }: { low: number | null; high: number | null }) => (high ?? 0) - (low ?? 0);

describe("acrossSeeds", () => {
  it("is the mean of the seeds' own evaluations", () => {
    const result = acrossSeeds(grpo, null, options);
    const single = grpo.map((set) => macro(evaluate(set, options)).value ?? Number.NaN);
    expect(result).toMatchObject({ model: "grpo", baseline: null, seeds: 3, n: 90, patients: 70 });
    result.macroF1OfSeeds.forEach((value, index) => {
      expect(value).toBeCloseTo(single[index] ?? Number.NaN, 12);
    });
    expect(macro(result).value).toBeCloseTo(single.reduce((a, b) => a + b) / 3, 12);
  });

  it("takes differences within each seed", () => {
    const result = acrossSeeds(grpo, sft, options);
    const single = grpo.map(
      (set, index) => macro(compare(set, sft[index] ?? set, { ...options, resamples: 20 })).value ?? 0,
    );
    expect(result.baseline).toBe("sft");
    expect(macro(result).value).toBeCloseTo(single.reduce((a, b) => a + b) / 3, 12);
  });

  it("with one seed is the interval over patients, to the digit", () => {
    const [only = sft[0]] = grpo;
    if (only === undefined) throw new Error("no reader");
    const whole = macro(evaluate(only, options));
    expect(macro(acrossSeeds([only], null, options))).toEqual({ ...whole, ofSeeds: [whole.value], sd: null });
  });

  it("has each seed's value beside the mean, and their standard deviation", () => {
    // Two images, one label: a reader that names it on both has precision 1/2, one that names the right one 1, one that
    // names neither is wrong throughout. F1 = 2/3, 1, 0: mean 5/9, deviations 1/9, 4/9, -5/9, variance 42/81 / 2 = 7/27.
    const named = (...answers: boolean[]): ReadingSet => ({
      model: "sft",
      data: "d",
      stated: ["Edema"],
      readings: answers.map((isNamed, index) => ({
        id: `i${index}`,
        patient: `p${index}`,
        truth: index === 0 ? ["Edema"] : [],
        predicted: isNamed ? ["Edema"] : [],
        failure: null,
      })),
    });
    const sets = [named(true, true), named(true, false), named(false, false)];
    const f1 = macro(acrossSeeds(sets, null, { ...options, matched: [] }));
    expect(f1.value).toBeCloseTo(5 / 9, 12);
    expect(f1.ofSeeds).toEqual([2 / 3, 1, 0]);
    expect(f1.sd).toBeCloseTo(Math.sqrt(7 / 27), 12);
    const matched = acrossSeeds(sets, null, { ...options, matched: [] });
    expect(matched.subsets).toMatchObject({ all: ["Edema"], matched: [] });
    // No matched label: nothing to be the mean of.
    const undefinedView = matched.views.find(({ labels }) => labels === "matched");
    expect(undefinedView?.macro.f1).toMatchObject({ value: null, ofSeeds: [null, null, null], sd: null });
  });

  it("is wider than patients alone make it, and wider still for new seeds", () => {
    const patients = acrossSeeds([grpo[0], grpo[0], grpo[0]] as ReadingSet[], null, options);
    const plain = acrossSeeds(grpo, null, { ...options, seedSpread: "plain" });
    const widened = acrossSeeds(grpo, null, options);
    expect(width(macro(plain))).toBeGreaterThan(1.5 * width(macro(patients)));
    expect(width(macro(widened))).toBeGreaterThan(width(macro(plain)));
  });

  it("refuses no seeds, unequal numbers of them, and other images", () => {
    expect(() => acrossSeeds([], null, options)).toThrow("no readings");
    expect(() => acrossSeeds(grpo, sft.slice(1), options)).toThrow("3 sets of readings against 2");
    const [one, other] = grpo as [ReadingSet, ReadingSet, ReadingSet];
    const fewer = { ...other, readings: other.readings.slice(1) };
    expect(() => acrossSeeds([one, fewer], null, options)).toThrow("90 images against 89");
  });
});
