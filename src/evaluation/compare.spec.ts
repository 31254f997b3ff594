import { describe, expect, it } from "vitest";
import { LABELS } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { UserError } from "../util/user-error.ts";
import { compare } from "./compare.ts";
import { evaluate } from "./evaluate.ts";
import type { ReadingSet } from "./reading.ts";

/** A reader with the given chances of naming what is and is not there; the truth is the same for all. */
function reader(
  model: string,
  sensitivity: number,
  falseAlarm: number,
  failing = 0,
  patients = 60,
): ReadingSet {
  const truths = randomStream(1, "compare spec truth");
  const answers = randomStream(2, "compare spec", model);
  return {
    model,
    data: "d",
    stated: LABELS,
    readings: Array.from({ length: patients }, (_, i) => {
      const truth = LABELS.filter(() => truths.chance(0.25));
      const failed = answers.chance(failing);
      const said = LABELS.filter((label) => answers.chance(truth.includes(label) ? sensitivity : falseAlarm));
      return {
        id: `i${i}`,
        patient: `p${i % 45}`,
        truth,
        predicted: failed ? null : said,
        failure: failed ? "cut off" : null,
      };
    }),
  };
}
const options = { matched: LABELS.slice(0, 5), resamples: 400, seed: 9 };
const main = (result: { views: ReturnType<typeof compare>["views"] }) => {
  const [view] = result.views;
  if (view === undefined) throw new Error("no view");
  return view;
};

describe("compare", () => {
  it("is the difference of the two evaluations", () => {
    const [good, bad] = [reader("good", 0.8, 0.1, 0.1), reader("bad", 0.4, 0.3, 0.2)];
    const difference = compare(good, bad, options);
    const [of, minus] = [evaluate(good, options), evaluate(bad, options)];
    difference.views.forEach((view, index) => {
      const wanted = (of.views[index]?.macro.f1.value ?? 0) - (minus.views[index]?.macro.f1.value ?? 0);
      expect(view.macro.f1.value ?? 0).toBeCloseTo(wanted, 12);
    });
    expect(difference.failureRate.value).toBeCloseTo(
      (of.failureRate.value ?? 0) - (minus.failureRate.value ?? 0),
      12,
    );
  });

  it("finds a clear gain, with the sign of model minus baseline", () => {
    const gain = main(compare(reader("good", 0.8, 0.1), reader("bad", 0.4, 0.3), options)).macro.f1;
    expect(gain.low).toBeGreaterThan(0);
    const loss = main(compare(reader("bad", 0.4, 0.3), reader("good", 0.8, 0.1), options)).macro.f1;
    expect([loss.value, loss.low, loss.high]).toEqual(
      [gain.value, gain.high, gain.low].map((value) => expect.closeTo(-(value ?? 0), 12)),
    );
  });

  it("is paired: a model against itself differs by nothing, whatever is drawn", () => {
    const own = reader("same", 0.6, 0.2, 0.1);
    const nothing = main(compare(own, own, options));
    for (const score of [nothing.macro.f1, nothing.micro.f1, nothing.jaccard, nothing.subsetAccuracy]) {
      expect(score).toEqual({ value: 0, low: 0, high: 0 });
    }
  });

  it("is narrower than independent draws would make it, when two models agree mostly", () => {
    const own = reader("same", 0.6, 0.2);
    const near: ReadingSet = {
      ...own,
      model: "near",
      readings: own.readings.map((reading, i) => (i % 20 === 0 ? { ...reading, predicted: [] } : reading)),
    };
    const { low, high } = main(compare(own, near, options)).macro.f1;
    const alone = main(evaluate(own, options)).macro.f1;
    expect((high ?? 0) - (low ?? 0)).toBeLessThan(0.5 * ((alone.high ?? 0) - (alone.low ?? 0)));
  });

  it("refuses other images, other patients, other truths", () => {
    const own = reader("a", 0.5, 0.5);
    const change = (edit: (set: ReadingSet) => ReadingSet) => () => compare(own, edit(own), options);
    const first = (fields: object) => (set: ReadingSet) => ({
      ...set,
      readings: set.readings.map((reading, i) => (i === 0 ? { ...reading, ...fields } : reading)),
    });
    expect(change((set) => ({ ...set, data: "e" }))).toThrow(UserError);
    expect(change((set) => ({ ...set, readings: set.readings.slice(1) }))).toThrow("60 images against 59");
    expect(change(first({ id: "z" }))).toThrow("i0");
    expect(change(first({ patient: "z" }))).toThrow("i0");
    expect(change(first({ truth: LABELS }))).toThrow("i0");
  });
});
