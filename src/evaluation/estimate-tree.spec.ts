import { describe, expect, it } from "vitest";
import { LABELS, type Label } from "../labels/label.ts";
import { randomStream } from "../util/random.ts";
import { compare } from "./compare.ts";
import { evaluate } from "./evaluate.ts";
import { prepare } from "./prepare.ts";
import type { Reading, ReadingSet } from "./reading.ts";
import { resample } from "./resample.ts";

const RESAMPLES = 60;
const SEED = 5;

function randomSet(): ReadingSet {
  const random = randomStream(8, "estimate tree spec");
  const readings = Array.from({ length: 50 }, (_, i): Reading => {
    const failed = random.chance(0.15);
    return {
      id: `i${i}`,
      patient: `p${random.integer(30)}`,
      truth: LABELS.filter(() => random.chance(0.2)),
      predicted: failed ? null : LABELS.filter(() => random.chance(0.3)),
      failure: failed ? "cut off" : null,
    };
  });
  return { model: "m", data: "d", stated: LABELS, readings };
}

/** The patients of each draw, as lists: a column added for each patient counts how often it was drawn. */
function drawsOf(set: ReadingSet): string[][] {
  const { tally } = prepare(set, LABELS);
  const names = [...new Set(set.readings.map(({ patient }) => patient))].sort();
  const width = tally.layout.width + names.length;
  const rows = new Float64Array(names.length * width);
  for (const p of names.keys()) rows[p * width + tally.layout.width + p] = 1;
  const draws: string[][] = [];
  const tagged = { ...tally, layout: { ...tally.layout, width }, rows };
  resample([tagged], { resamples: RESAMPLES, seed: SEED }, ([sums = new Float64Array()]) => {
    draws.push(names.flatMap((name, p) => Array<string>(sums[tally.layout.width + p] ?? 0).fill(name)));
  });
  return draws;
}

/** Macro-F1 and mean Jaccard among valid answers, by plain lists and sets. */
function directScores(readings: readonly Reading[]): { macroF1: number; jaccard: number } {
  const count = (of: (reading: Reading) => boolean) => readings.filter(of).length;
  const f1s = LABELS.map((label) => {
    const isSaid = (r: Reading) => r.predicted?.includes(label) ?? false;
    const both = count((r) => r.truth.includes(label) && isSaid(r));
    const sum = count((r) => r.truth.includes(label)) + count(isSaid);
    return sum === 0 ? 0 : (2 * both) / sum;
  });
  const jaccards = readings.flatMap(({ truth, predicted }) => {
    if (predicted === null || truth.length === 0) return [];
    const union = new Set<Label>([...truth, ...predicted]);
    return [truth.filter((label) => predicted.includes(label)).length / union.size];
  });
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return { macroF1: mean(f1s), jaccard: mean(jaccards) };
}

/** Of 60 sorted values, the 5 % tails lie at positions 2.95 and 56.05. */
function bounds(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (position: number): number => {
    const [below, above] = [sorted[Math.floor(position)] ?? 0, sorted[Math.ceil(position)] ?? 0];
    return below + (above - below) * (position % 1);
  };
  return [at(2.95), at(56.05)];
}

describe("estimateTree", () => {
  it("gives the intervals that scoring each draw's own list of readings gives", () => {
    const set = randomSet();
    const direct = drawsOf(set).map((patients) =>
      directScores(patients.flatMap((name) => set.readings.filter(({ patient }) => patient === name))),
    );
    const { views } = evaluate(set, { matched: [], resamples: RESAMPLES, seed: SEED, level: 0.9 });
    const view = (failed: string) => views.find((v) => v.labels === "all" && v.failed === failed);
    const macro = view("as-empty")?.macro.f1;
    const jaccard = view("left-out")?.jaccard;
    const [macroLow, macroHigh] = bounds(direct.map((d) => d.macroF1));
    const [jaccardLow, jaccardHigh] = bounds(direct.map((d) => d.jaccard));
    expect(macro?.value).toBeCloseTo(directScores(set.readings).macroF1, 12);
    expect(macro?.low).toBeCloseTo(macroLow, 12);
    expect(macro?.high).toBeCloseTo(macroHigh, 12);
    expect(jaccard?.value).toBeCloseTo(directScores(set.readings).jaccard, 12);
    expect(jaccard?.low).toBeCloseTo(jaccardLow, 12);
    expect(jaccard?.high).toBeCloseTo(jaccardHigh, 12);
    expect(macroLow).toBeLessThan(macroHigh);
  });

  it("adds, if asked, a BCa interval and a difference's p, and moves nothing else", () => {
    const set = randomSet();
    const options = { matched: LABELS, resamples: RESAMPLES, seed: SEED };
    const [plain, full] = [evaluate(set, options), evaluate(set, { ...options, full: true })];
    const without = JSON.stringify(full, (key, value: unknown) => (key === "bca" ? undefined : value));
    expect(without).toBe(JSON.stringify(plain));
    const [view] = full.views;
    const { value, low, high, bca } = view?.macro.f1 ?? {};
    expect(bca?.low).toBeLessThan(value ?? 0);
    expect(bca?.high).toBeGreaterThan(value ?? 1);
    expect([bca?.low, bca?.high]).not.toEqual([low, high]);
    const [same] = compare(set, set, { ...options, full: true }).views;
    expect(same?.macro.f1).toEqual({ value: 0, low: 0, high: 0, bca: { low: 0, high: 0 }, bootstrapP: 1 });
    expect(compare(set, set, options).views[0]?.macro.f1).not.toHaveProperty("bootstrapP");
  });
});
