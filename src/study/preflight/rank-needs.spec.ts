import { describe, expect, it } from "vitest";
import { rankNeeds } from "./rank-needs.ts";

const of = (ranks: number, gpus: number, cores = 8, threads = 0) => {
  const needs = rankNeeds({ ranks, threads }, { cores, gpus });
  return needs.map(({ state, detail }) => `${state}: ${detail}`);
};

describe("rankNeeds", () => {
  it("says nothing of one rank where no more could be used", () => {
    expect([of(1, 0), of(1, 1)]).toEqual([[], []]);
  });

  it("says which GPUs are used, left over or lacking", () => {
    expect(of(1, 4)).toEqual(["ready: 1 of 4 GPUs is used; model.ranks: 4 uses them all"]);
    expect(of(4, 8)).toEqual(["ready: 4 ranks on 4 of 8 GPUs"]);
    expect(of(2, 1)).toEqual(["missing: 2 ranks need a GPU each, and 1 GPU can be seen"]);
  });

  it("divides the cores", () => {
    expect(of(2, 0)).toEqual(["ready: 2 ranks on the CPU: 4 threads each of 8 cores"]);
    expect(of(3, 0)).toEqual(["ready: 3 ranks on the CPU: 2 threads each of 8 cores"]);
    expect(of(2, 0, 2)).toEqual(["ready: 2 ranks on the CPU: 1 thread each of 2 cores"]);
    expect(of(2, 0, 2, 2)).toEqual([
      "ready: 2 ranks on the CPU: 2 threads each of 2 cores; more threads than cores wait for each other",
    ]);
  });
});
