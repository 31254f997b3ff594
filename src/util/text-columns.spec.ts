import { expect, it } from "vitest";
import { textColumns } from "./text-columns.ts";

it("aligns the first column to the left and the others to the right", () => {
  expect(
    textColumns([
      ["", "sft", "rl"],
      ["images", "5", "1000"],
      ["use", "train"],
    ]),
  ).toBe("          sft    rl\nimages      5  1000\nuse     train\n");
  expect(textColumns([])).toBe("");
});
