import { describe, expect, it } from "vitest";
import { CASES } from "./cases.ts";
import type { Comparison } from "./results-schema.ts";
import { decodeBytes, layerWeights, usefulFlops } from "./useful-work.ts";

const SIZE = {
  hidden: 8,
  layers: 2,
  heads: 2,
  kv_heads: 1,
  head_dim: 4,
  mlp: 16,
  vocabulary: 10,
  patch: 2,
  vision_hidden: 4,
  vision_layers: 1,
  vision_mlp: 8,
};
const found = CASES.find(({ name }) => name === "grpo");
if (found === undefined) throw new Error("no case named grpo");
const base = {
  ...found,
  pixels: 4,
  promptTokens: 10,
  tokens: 5,
  groupSize: 3,
  images: 2,
  promptsPerRollout: 2,
};
const one = { ...base, epochs: 1, updatesPerRollout: 1 } as unknown as Comparison;

describe("useful work, by hand", () => {
  // q and o 8 x 8 each, k and v 8 x 4 each, three matrices of 8 x 16: 576 a layer.
  it("counts a layer's matrices", () => expect(layerWeights(SIZE)).toBe(2 * 576));

  it("counts a prompt once for its completions, forward 2N and backward 2N", () => {
    // Four patches a picture; the tower has 4 x 16 + 2 x 32 weights and 12 x 4 of its patches: 176.
    const tower = 2 * 176 * 4 * 2;
    const pass = 2 * (1152 * (10 + 15) + 80 * 15) * 2;
    expect(usefulFlops({ ...one, kind: "generate" }, SIZE)).toBe(tower + pass);
    expect(usefulFlops({ ...one, kind: "grpo" }, SIZE)).toBe(tower + 4 * pass);
    expect(usefulFlops({ ...one, kind: "grpo", updatesPerRollout: 2 }, SIZE)).toBe(tower + 6 * pass);
    expect(usefulFlops({ ...one, kind: "sft", epochs: 3 }, SIZE)).toBe(tower + 6 * pass);
  });

  it("reads the weights once a step and each row's keys and values", () => {
    // 5 steps of 1232 weights; 6 rows with 10 to 15 positions, 12.5 on average, of 2 x 2 x 4 numbers.
    expect(decodeBytes(one, SIZE)).toBe(4 * (5 * 1232 + 6 * 5 * 12.5 * 16));
    expect(decodeBytes({ ...one, kind: "sft" }, SIZE)).toBe(0);
  });
});
