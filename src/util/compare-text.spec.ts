import { expect, it } from "vitest";
import { compareText } from "./compare-text.ts";

it("orders by code unit, as sort() does without a function", () => {
  const texts = ["b", "a10", "a9", "Z", "", "ä", "a", "B"];
  expect([...texts].sort(compareText)).toEqual([...texts].sort());
  expect(compareText("a", "a")).toBe(0);
});
