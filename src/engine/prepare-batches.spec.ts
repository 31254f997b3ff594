import { describe, expect, it } from "vitest";
import type { PromptInput } from "./engine.ts";
import { prepareBatches } from "./prepare-batches.ts";

const prompt = (...sizes: number[]): PromptInput => ({
  messages: [],
  images: sizes.map((size) => ({ width: size, height: 1, channels: 1, pixels: new Uint8Array(size) })),
});
const MEGABYTE = 1024 * 1024;

describe("prepareBatches", () => {
  it("sends at most 64 prompts at once, in order", () => {
    const prompts = Array.from({ length: 130 }, () => prompt(1));
    const batches = prepareBatches(prompts);
    expect(batches.map((batch) => batch.length)).toEqual([64, 64, 2]);
    expect(batches.flat()).toEqual(prompts);
    expect(prepareBatches([])).toEqual([]);
  });

  it("sends at most 64 MB of pixels at once, all pictures of a prompt counted", () => {
    const prompts = [prompt(30 * MEGABYTE), prompt(30 * MEGABYTE, 4 * MEGABYTE), prompt(1), prompt(0)];
    expect(prepareBatches(prompts)).toEqual([prompts.slice(0, 2), prompts.slice(2)]);
  });

  it("sends a larger one alone", () => {
    const prompts = [prompt(1), prompt(70 * MEGABYTE), prompt(1), prompt(1)];
    expect(prepareBatches(prompts)).toEqual([prompts.slice(0, 1), prompts.slice(1, 2), prompts.slice(2)]);
  });
});
