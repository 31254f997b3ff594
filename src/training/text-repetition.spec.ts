import { describe, expect, it } from "vitest";
import { isLooping, sameTextShare } from "./text-repetition.ts";

const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`);

describe("isLooping", () => {
  it("sees a phrase said again and again", () => {
    expect(isLooping(Array(10).fill("the lungs are clear").join(" "))).toBe(true);
    expect(isLooping(`<think>${words(20).join(" ")} ${Array(30).fill("edema").join(" ")}`)).toBe(true);
  });

  it("lets a plain text and a short one pass", () => {
    expect(isLooping(words(60).join(" "))).toBe(false);
    expect(isLooping("no no no no no no")).toBe(false);
    expect(isLooping("")).toBe(false);
  });

  it("draws its line at half of the runs", () => {
    // 20 runs, the first 10 distinct, then one of them over and over: 10 + those that mix.
    expect(isLooping([...words(13), ...Array(30).fill("x")].join(" "))).toBe(true);
    expect(isLooping([...words(30), ...Array(10).fill("x")].join(" "))).toBe(false);
  });
});

describe("sameTextShare", () => {
  it("counts texts that stand under different images only", () => {
    expect(
      sameTextShare([
        ["a", "a", "b"],
        ["c", "d", "e"],
      ]),
    ).toBe(0);
    expect(
      sameTextShare([
        ["a", "a"],
        ["a", "b"],
      ]),
    ).toBe(0.75);
    expect(sameTextShare([])).toBe(0);
  });
});
