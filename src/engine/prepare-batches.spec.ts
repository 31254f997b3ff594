import { describe, expect, it } from "vitest";
import type { PromptInput } from "./engine.ts";
import { prepareBatches } from "./prepare-batches.ts";

const prompt = (...sizes: number[]): PromptInput => ({
  messages: [],
  images: sizes.map((size) => ({ width: size, height: 1, channels: 1, pixels: new Uint8Array(size) })),
});
const MEGABYTE = 1024 * 1024;

/** Which prompts stand in which batch, by their place; pixels are too many to print. */
function placesOf(prompts: readonly PromptInput[]): number[][] {
  return prepareBatches(prompts).map((batch) => batch.map((prompt) => prompts.indexOf(prompt)));
}

describe("prepareBatches", () => {
  it("sends at most 64 prompts at once, in order", () => {
    const places = placesOf(Array.from({ length: 130 }, () => prompt(1)));
    expect(places.map((batch) => batch.length)).toEqual([64, 64, 2]);
    expect(places.flat()).toEqual(Array.from({ length: 130 }, (_, i) => i));
    expect(placesOf([])).toEqual([]);
  });

  it("sends at most 64 MB of pixels at once, all pictures of a prompt counted", () => {
    const prompts = [prompt(30 * MEGABYTE), prompt(30 * MEGABYTE, 4 * MEGABYTE), prompt(1), prompt(0)];
    expect(placesOf(prompts)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("sends a larger one alone", () => {
    const prompts = [prompt(1), prompt(70 * MEGABYTE), prompt(1), prompt(1)];
    expect(placesOf(prompts)).toEqual([[0], [1], [2, 3]]);
  });
});
