import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { closeUpward } from "../labels/hierarchy.ts";
import { LABELS, type Label } from "../labels/label.ts";
import { UserError } from "../util/user-error.ts";
import { evaluate } from "./evaluate.ts";
import type { Estimate } from "./interval.ts";
import type { Reading, ReadingSet } from "./reading.ts";
import type { Averages, FailedAs, SubsetName } from "./statistics.ts";

interface Scores {
  readonly macro: Averages<number>;
  readonly micro: Averages<number>;
  readonly perLabel: readonly (Averages<number> & {
    readonly support: number;
    readonly balancedAccuracy: number | null;
  })[];
  readonly balancedAccuracy: number | null;
  readonly subsetAccuracy: number;
  readonly jaccard: number | null;
}
interface Case {
  readonly name: string;
  readonly rows: readonly string[];
  readonly asEmpty: Scores;
  readonly leftOut: Scores | null;
}
const golden = JSON.parse(readFileSync(new URL("golden/scores.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Case[];
};

const fromBits = (bits: string): Label[] => LABELS.filter((_, index) => bits[index] === "1");

function readingsOf(rows: readonly string[]): Reading[] {
  return rows.map((row, index) => {
    const [truth = "", predicted = ""] = row.split("/");
    const failed = predicted === "-";
    return {
      id: `image ${index}`,
      patient: `patient ${index % 7}`,
      truth: fromBits(truth),
      predicted: failed ? null : fromBits(predicted),
      failure: failed ? "no solution" : null,
    };
  });
}

const setOf = (readings: readonly Reading[], stated: readonly Label[] = LABELS): ReadingSet => ({
  model: "m",
  data: "d",
  stated,
  readings,
});

function viewOf(
  set: ReadingSet,
  failed: FailedAs = "as-empty",
  labels: SubsetName = "all",
  closure: "raw" | "closed" = "raw",
  matched: readonly Label[] = LABELS,
) {
  const result = evaluate(set, { matched, resamples: 5 });
  const view = result.views.find((v) => v.failed === failed && v.labels === labels && v.closure === closure);
  if (view === undefined) throw new Error("no such view");
  return { result, view };
}

function expectClose(actual: Estimate, wanted: number | null): void {
  if (wanted === null || actual.value === null) expect(actual.value).toBe(wanted);
  else expect(Math.abs(actual.value - wanted)).toBeLessThanOrEqual(1e-12);
}

function expectScores(set: ReadingSet, failed: FailedAs, wanted: Scores): void {
  const { result, view } = viewOf(set, failed);
  for (const score of ["precision", "recall", "f1"] as const) {
    expectClose(view.macro[score], wanted.macro[score]);
    expectClose(view.micro[score], wanted.micro[score]);
  }
  expectClose(view.subsetAccuracy, wanted.subsetAccuracy);
  expectClose(view.jaccard, wanted.jaccard);
  expectClose(view.balancedAccuracy, wanted.balancedAccuracy);
  const table = result.perLabel.find((t) => t.closure === "raw" && t.failed === failed);
  expect(table?.labels.map(({ label }) => label)).toEqual([...LABELS]);
  table?.labels.forEach((label, index) => {
    for (const score of ["precision", "recall", "f1", "balancedAccuracy"] as const) {
      expectClose(label[score], wanted.perLabel[index]?.[score] ?? null);
    }
    if (failed === "as-empty")
      expect(result.counts.raw[index]?.support).toBe(wanted.perLabel[index]?.support);
  });
}

describe("evaluate against scikit-learn", () => {
  it.each(golden.cases)("$name", ({ rows, asEmpty, leftOut }) => {
    const set = setOf(readingsOf(rows));
    expectScores(set, "as-empty", asEmpty);
    if (leftOut !== null) expectScores(set, "left-out", leftOut);
    else expect(viewOf(set, "left-out").view.macro.f1.value).toBeNull();
  });

  it("scores closed views as it scores the closed label sets", () => {
    for (const { rows } of golden.cases) {
      const readings = readingsOf(rows);
      const closed = readings.map((reading) => ({
        ...reading,
        truth: closeUpward(reading.truth),
        predicted: reading.predicted && closeUpward(reading.predicted),
      }));
      const { view } = viewOf(setOf(readings), "as-empty", "all", "closed");
      expect(view).toEqual({ ...viewOf(setOf(closed)).view, closure: "closed" });
    }
  });

  it("scores the matched labels as if the others did not exist", () => {
    const matched = LABELS.slice(3, 9);
    const keep = (labels: readonly Label[]) => labels.filter((label) => matched.includes(label));
    for (const { rows } of golden.cases) {
      const readings = readingsOf(rows);
      const narrowed = readings.map((reading) => ({
        ...reading,
        truth: keep(reading.truth),
        predicted: reading.predicted && keep(reading.predicted),
      }));
      const { view } = viewOf(setOf(readings), "as-empty", "matched", "raw", matched);
      expect(view).toEqual({ ...viewOf(setOf(narrowed, matched)).view, labels: "matched" });
    }
  });
});

const reading = (
  id: string,
  truth: readonly Label[],
  predicted: readonly Label[] | null,
  patient = id,
): Reading => ({ id, patient, truth, predicted, failure: predicted === null ? "cut off" : null });

describe("evaluate", () => {
  it("ignores answered labels that the hospital cannot state", () => {
    const { view } = viewOf(setOf([reading("a", ["Edema"], ["Edema", "Fracture"])], ["Edema", "Pneumonia"]));
    expect(view.micro.precision.value).toBe(1);
    expect(view.macro.f1.value).toBe(0.5);
    expect(view.subsetAccuracy.value).toBe(1);
  });

  it("gives null over a subset without labels", () => {
    const { result, view } = viewOf(
      setOf([reading("a", ["Edema"], ["Edema"])], ["Edema"]),
      "as-empty",
      "matched",
      "raw",
      ["Fracture"],
    );
    expect(view.macro.f1).toEqual({ value: null, low: null, high: null });
    expect(view.jaccard.value).toBeNull();
    expect(result.subsets).toEqual({ all: ["Edema"], matched: [], frequent: [] });
  });

  it("calls a label frequent from 20 positives on, in the truth as written", () => {
    const readings = Array.from({ length: 20 }, (_, i) =>
      reading(`${i}`, i === 0 ? ["Cardiomegaly"] : ["Edema", "Cardiomegaly"], []),
    );
    expect(evaluate(setOf(readings), { matched: [], resamples: 2 }).subsets.frequent).toEqual([
      "Cardiomegaly",
    ]);
  });

  it("counts failures by reason", () => {
    const readings = [reading("a", [], null), reading("b", [], null), reading("c", [], [])];
    const more = { ...reading("d", [], null), failure: "two solutions" };
    const result = evaluate(setOf([...readings, more]), { matched: [], resamples: 50 });
    expect(result.failures).toEqual([
      { reason: "cut off", count: 2 },
      { reason: "two solutions", count: 1 },
    ]);
    expect(result.failureRate.value).toBe(0.75);
    expect(result.failureReasons.map(({ rate }) => rate.value)).toEqual([0.5, 0.25]);
    expect(result.failureRate.low).toBeLessThan(0.75);
  });

  it("does not depend on the order of the readings", () => {
    const readings = readingsOf(golden.cases.at(-1)?.rows ?? []);
    const options = { matched: LABELS, resamples: 100 };
    expect(evaluate(setOf([...readings].reverse()), options)).toEqual(evaluate(setOf(readings), options));
  });

  it("survives JSON unchanged", () => {
    const result = evaluate(setOf(readingsOf(golden.cases.at(-1)?.rows ?? [])), {
      matched: [],
      resamples: 20,
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it("accepts no readings at all", () => {
    const result = evaluate(setOf([]), { matched: LABELS, resamples: 3 });
    expect(result.failureRate.value).toBeNull();
    expect(result.views.every((view) => view.macro.f1.value === null)).toBe(true);
  });

  it.each([
    ["an image twice", [reading("a", [], []), reading("a", [], [])]],
    ["a truth the hospital cannot state", [reading("a", ["Fracture"], [])]],
    ["an answer that is neither read nor failed", [{ ...reading("a", [], []), predicted: null }]],
  ])("refuses %s", (_, readings) => {
    expect(() => evaluate(setOf(readings, ["Edema"]), { matched: [] })).toThrow(UserError);
  });
});
