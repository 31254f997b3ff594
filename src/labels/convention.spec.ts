import { expect, it } from "vitest";
import { matchedLabels } from "./convention.ts";
import type { Label } from "./label.ts";

it.each<[string, Label[][], Label[]]>([
  ["no hospital", [], []],
  ["one hospital", [["Fracture", "Edema"]], ["Edema", "Fracture"]],
  [
    "three hospitals",
    [
      ["Fracture", "Edema", "Pneumonia"],
      ["Pneumonia", "Edema", "Fracture"],
      ["No Finding", "Edema", "Fracture"],
    ],
    ["Edema", "Fracture"],
  ],
  ["hospitals with nothing in common", [["Edema"], ["Fracture"]], []],
])("matches the labels of %s", (_what, stated, matched) => {
  expect(matchedLabels(stated)).toEqual(matched);
});
