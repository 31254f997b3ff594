import { expect, it } from "vitest";
import { bestOf } from "./best-of.ts";

const LINEAGE = ["base", "sft", "grpo"];
const sft = { model: "sft", k: 5, of: "checkpoints" };
const format = { model: "sft", k: 4, of: "formats" };
const grpo = { model: "grpo", k: 3, of: "checkpoints" };

it("says what was picked for a model, and for those that it comes from", () => {
  const text = (model: string, ...choices: (typeof sft)[]) => bestOf(choices, LINEAGE, model)?.text;
  expect(text("sft", sft, grpo)).toBe("best of 5");
  expect(text("grpo", sft, grpo)).toBe("best of 3, from the best of 5");
  expect(text("grpo", sft, format)).toBe("from the best of 5 and of 4");
  expect(text("base", sft, grpo)).toBeUndefined();
  expect(bestOf([sft, grpo], LINEAGE, "grpo")?.choices).toEqual([grpo, sft]);
});

it("gives the range where seeds had other numbers, and knows models from elsewhere by themselves", () => {
  expect(bestOf([sft, { ...sft, k: 6 }], LINEAGE, "sft")?.text).toBe("best of 5 to 6");
  expect(bestOf([{ ...sft, model: "theirs" }], LINEAGE, "theirs")?.text).toBe("best of 5");
  expect(bestOf([{ ...sft, model: "theirs" }], LINEAGE, "grpo")).toBeNull();
});
