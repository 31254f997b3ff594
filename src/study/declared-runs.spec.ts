import { describe, expect, it } from "vitest";
import { declaredRuns } from "./declared-runs.ts";

const names = (declared: object) =>
  declaredRuns(declared, "study.yaml").map(({ name, recipe }) => [name, recipe]);
const seedsOf = (declared: object) =>
  declaredRuns(declared, "study.yaml").map(
    (run) => (run.declared as { trainingSeeds?: unknown }).trainingSeeds,
  );

describe("declaredRuns", () => {
  it("has none for a study that is one run of the line", () => {
    expect(names({ name: "a" })).toEqual([]);
    expect(names({ name: "a", trainingSeeds: [] })).toEqual([]);
    expect(names({ name: "a", trainingSeeds: [7] })).toEqual([]);
  });

  it("has one for each training seed", () => {
    const study = { name: "a", trainingSeeds: [3, 1], scope: "full", variants: {} };
    expect(names(study)).toEqual([
      ["seed-3", null],
      ["seed-1", null],
    ]);
    expect(declaredRuns(study, "study.yaml")[0]?.declared).toEqual({
      name: "a",
      title: "Training seed 3",
      trainingSeeds: [3],
    });
    const titled = declaredRuns({ ...study, title: "A study" }, "study.yaml")[1]?.declared;
    expect(titled).toMatchObject({ title: "A study (training seed 1)", trainingSeeds: [1] });
  });

  it("trains each variant with each seed, or with its own, and once what trains nothing", () => {
    const study = {
      trainingSeeds: [1, 2],
      sft: {},
      variants: {
        free: {},
        once: { trainingSeeds: [5] },
        more: { trainingSeeds: [8, 9] },
        base: { sft: null },
      },
    };
    expect(names(study)).toEqual([
      ["free-seed-1", "free"],
      ["free-seed-2", "free"],
      ["once", "once"],
      ["more-seed-8", "more"],
      ["more-seed-9", "more"],
      ["base", "base"],
    ]);
    expect(seedsOf(study)).toEqual([[1], [2], [5], [8], [9], []]);
  });

  it("leaves out the seeds of a variant of a wider scope", () => {
    const study = { trainingSeeds: [1, 2], variants: { a: {}, b: { scope: "full" } } };
    expect(names({ ...study, scope: "headline" })).toEqual([
      ["a-seed-1", "a"],
      ["a-seed-2", "a"],
    ]);
  });

  it("refuses seeds where nothing is trained, and a variant called like another's seed", () => {
    expect(() => names({ sft: null, grpo: null, trainingSeeds: [1, 2] })).toThrow(
      "study.yaml: trainingSeeds: the study trains nothing (sft is null): leave them out",
    );
    const variants = { a: { trainingSeeds: [1, 2] }, "a-seed-2": {} };
    expect(() => names({ variants })).toThrow("variants.a-seed-2: a training seed of another variant");
  });
});
