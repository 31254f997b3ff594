import { describe, expect, it } from "vitest";
import { inputTokensAtMost, priceAtMost, pricePaid } from "./call-price.ts";

const pricing = { price: { input: 1.25, output: 10 }, maxTokens: 2000, imageTokens: 1000 };
const question = { system: "abcd", user: "é" };

describe("what a call costs", () => {
  it("is at most a token for each byte of the question, the picture, a chat's marks, and the longest answer", () => {
    expect(inputTokensAtMost(question, 1000)).toBe(4 + 2 + 1000 + 64);
    // (1070 * 1.25 + 2000 * 10) / 1e6
    expect(priceAtMost(question, pricing, { input: 0, output: 0 })).toBeCloseTo(0.0213375, 12);
  });

  it("is reckoned by what was billed before, where that was more", () => {
    expect(priceAtMost(question, pricing, { input: 5000, output: 3000 })).toBeCloseTo(0.03625, 12);
    expect(priceAtMost(question, pricing, { input: 10, output: 10 })).toBeCloseTo(0.0213375, 12);
  });

  it("was what the usage says, or is not known", () => {
    expect(pricePaid({ input: 1_000_000, output: 100_000 }, pricing)).toBeCloseTo(2.25, 12);
    expect(pricePaid({ input: null, output: 5 }, pricing)).toBeNull();
    expect(pricePaid({ input: 5, output: null }, pricing)).toBeNull();
  });
});
