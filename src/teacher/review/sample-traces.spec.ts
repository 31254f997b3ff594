import { describe, expect, it } from "vitest";
import { LABELS, labelRow } from "../../labels/label.ts";
import { sampleTraces } from "./sample-traces.ts";
import { exampleTraces } from "./testing/example-reviews.ts";

// 60 of Edema, 36 of Edema with Fracture, 4 of Pneumothorax.
const traces = await exampleTraces(
  Array.from({ length: 100 }, (_, index) =>
    index < 60
      ? labelRow({ Edema: 1 })
      : index < 96
        ? labelRow({ Edema: 1, Fracture: 1 })
        : labelRow({ Pneumothorax: 1 }),
  ),
);
const ids = (sample: readonly { id: string }[]) => sample.map(({ id }) => id);
const counts = (sample: readonly (typeof traces)[number][]) =>
  ["Edema", "Edema,Fracture", "Pneumothorax"].map(
    (labels) =>
      sample.filter((trace) => LABELS.filter((l) => trace.labels.includes(l)).join() === labels).length,
  );

describe("sampleTraces", () => {
  it.each(["plain", "by-label"] as const)("draws n of them, each once, %s", (rule) => {
    const sample = sampleTraces(traces, { n: 20, rule, seed: 1 });
    expect(new Set(ids(sample)).size).toBe(20);
    expect(sampleTraces(traces, { n: 500, rule, seed: 1 })).toHaveLength(100);
    expect(sampleTraces([], { n: 5, rule, seed: 1 })).toEqual([]);
  });

  it.each(["plain", "by-label"] as const)("depends on the seed and not on the file's order, %s", (rule) => {
    const sample = sampleTraces(traces, { n: 20, rule, seed: 1 });
    expect(sampleTraces([...traces].reverse(), { n: 20, rule, seed: 1 })).toEqual(sample);
    expect(ids(sampleTraces(traces, { n: 20, rule, seed: 2 }))).not.toEqual(ids(sample));
  });

  it("draws every trace as often as any other, plainly", () => {
    const drawn = new Map<string, number>();
    for (let seed = 0; seed < 1000; seed++)
      for (const id of ids(sampleTraces(traces, { n: 20, rule: "plain", seed })))
        drawn.set(id, (drawn.get(id) ?? 0) + 1);
    // 200 each, standard deviation 12.6; 100 traces lie within 4.5 of them.
    expect(Math.min(...drawn.values())).toBeGreaterThan(143);
    expect(Math.max(...drawn.values())).toBeLessThan(257);
  });

  it("gives every rarest label its share, and one at least", () => {
    expect(counts(sampleTraces(traces, { n: 50, rule: "by-label", seed: 1 }))).toEqual([30, 18, 2]);
    expect(counts(sampleTraces(traces, { n: 5, rule: "by-label", seed: 1 }))).toEqual([3, 1, 1]);
    expect(counts(sampleTraces(traces, { n: 3, rule: "by-label", seed: 1 }))).toEqual([1, 1, 1]);
    expect(counts(sampleTraces(traces, { n: 1, rule: "by-label", seed: 1 }))).toEqual([0, 0, 1]);
    expect(counts(sampleTraces(traces, { n: 99, rule: "by-label", seed: 1 }))).toEqual([59, 36, 4]);
  });
});
