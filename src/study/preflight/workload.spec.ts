import { describe, expect, it } from "vitest";
import { studySchema } from "../schema/study.ts";
import type { Calibration } from "./calibrate.ts";
import { estimateTime } from "./estimate.ts";
import { addWorkloads, recipeWorkload, workloadOf } from "./workload.ts";

const config = (more: object) =>
  studySchema.parse({
    schema: "chexreason.study/1",
    name: "small",
    model: { source: "x" },
    data: {
      here: { kind: "phantom", site: "phantom-mimic", images: 500 },
      there: { kind: "phantom", site: "phantom-nih", images: 60 },
      real: { kind: "nih", root: "/nowhere" },
    },
    cohort: { source: "here", sft: 100, rl: 20, validation: 10 },
    teacher: { kind: "worded" },
    sft: { epochs: 3, heldOut: 0.1 },
    grpo: { promptsPerRollout: 8, groupSize: 4, epochs: 2, updatesPerRollout: 2, validateEvery: 3 },
    evaluation: { sets: { there: { n: "all" } } },
    ...more,
  });

describe("workloadOf", () => {
  it("counts by hand", () => {
    // 20 images in rollouts of 8 are 3 a pass, 6 in all: validated before the first and after 3 and 6.
    expect(workloadOf(config({}))).toEqual({
      images: 100 + 20 + 10 + 60,
      sft: { trained: 270, scored: 40 },
      grpo: { sampled: 160 + 30, scored: 160, trained: 320 },
      answers: 180,
      labelScored: 0,
    });
  });

  it("counts the answers that are scored label by label", () => {
    const scored = (labelScores: object, n: number | "all" = "all") =>
      workloadOf(config({ evaluation: { sets: { there: { n }, real: { n: 9 } }, labelScores } })).labelScored;
    expect(scored({})).toBe(3 * (60 + 9));
    expect(scored({ n: 30, readers: ["sft", "grpo"] })).toBe(2 * (30 + 9));
    const unknown = { sets: { real: { n: "all" } }, labelScores: {} };
    expect(workloadOf(config({ evaluation: unknown })).labelScored).toBeNull();
  });

  it("has nothing of GRPO where that is left out", () => {
    expect(workloadOf(config({ grpo: null }))).toMatchObject({
      images: 160,
      grpo: { sampled: 0, scored: 0, trained: 0 },
      answers: 120,
    });
  });

  it("does not know how many images a real hospital has", () => {
    const sets = { there: { n: 5 }, real: { n: "all" } };
    expect(workloadOf(config({ evaluation: { sets } })).answers).toBeNull();
    expect(workloadOf(config({ evaluation: { sets: { real: { n: 7 } } } })).answers).toBe(21);
  });
});

describe("recipeWorkload", () => {
  it("counts what is trained and read once a seed, and what all share once", () => {
    // Five seeds: SFT and GRPO five times; 60 images read by the base once, by two trained models five times each.
    expect(recipeWorkload(config({}), 5)).toEqual({
      images: 190,
      sft: { trained: 5 * 270, scored: 5 * 40 },
      grpo: { sampled: 5 * 190, scored: 5 * 160, trained: 5 * 320 },
      answers: 60 * (1 + 5 * 2),
      labelScored: 0,
    });
    expect(recipeWorkload(config({}), 1)).toEqual(workloadOf(config({})));
    const prompts = { sets: { there: { n: 10 } }, prompts: ["a", "b"], labelScores: { readers: ["grpo"] } };
    // Base, SFT, GRPO and the base with two prompts; scored label by label: GRPO alone.
    const prompted = recipeWorkload(config({ evaluation: prompts }), 3);
    expect([prompted.answers, prompted.labelScored]).toEqual([10 * (3 + 3 * 2), 10 * 3]);
    const unknown = { sets: { real: { n: "all" } } };
    expect(recipeWorkload(config({ evaluation: unknown }), 3).answers).toBeNull();
  });
});

describe("addWorkloads", () => {
  it("adds up, and knows nothing of a whole whose part is unknown", () => {
    const one = workloadOf(config({}));
    const other = workloadOf(config({ grpo: null }));
    expect(addWorkloads([one, other])).toEqual({
      images: 190 + 160,
      sft: { trained: 540, scored: 80 },
      grpo: { sampled: 190, scored: 160, trained: 320 },
      answers: 300,
      labelScored: 0,
    });
    expect(addWorkloads([one, { ...other, answers: null }]).answers).toBeNull();
  });
});

describe("estimateTime", () => {
  const speed: Calibration = {
    device: "test",
    images: 20,
    secondsPerImage: 1,
    decodedPerSecond: 100,
    tokens: 50,
    secondsPerScored: 2,
    secondsPerTrained: 4,
    peakMemoryBytes: 0,
  };

  it("is work times speed", () => {
    const { parts, totalHours } = estimateTime(workloadOf(config({})), speed);
    const seconds = Object.fromEntries(
      parts.map(({ part, hours }) => [part, Math.round((hours ?? 0) * 3600)]),
    );
    expect(seconds).toEqual({
      pictures: 190,
      sft: 270 * 4 + 40 * 2,
      grpo: 190 / 2 + 160 * 2 + 320 * 4,
      evaluation: 90,
    });
    expect(totalHours).toBeCloseTo((190 + 1160 + 1695 + 90) / 3600, 12);
  });

  it("says of an unknown part that it is unknown, and of the whole too", () => {
    const work = workloadOf(config({ evaluation: { sets: { real: { n: "all" } } } }));
    const { parts, totalHours } = estimateTime(work, speed);
    expect(parts.at(-1)).toEqual({ part: "evaluation", hours: null });
    expect(totalHours).toBeNull();
  });
});
