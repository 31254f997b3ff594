import { expect, it } from "vitest";
import { nameCauses, type Reaction } from "./name-causes.ts";

const reaction = (what: string, more: number, less: number, holm = 0.001): Reaction => ({
  what,
  label: "Fracture",
  patients: 80,
  more,
  less,
  holm,
});

it("names a mark when a large surplus of patients gains a label under it", () => {
  // 0.4 of 80 patients are 32.
  expect(nameCauses([reaction("shortcut border", 34, 2)], []).marks).toEqual([
    { kind: "border", label: "Fracture" },
  ]);
  expect(nameCauses([reaction("shortcut border", 33, 2)], []).marks).toEqual([]);
  expect(nameCauses([reaction("shortcut border", 34, 2, 0.06)], []).marks).toEqual([]);
});

it("names no mark that takes a label away, and a style that does", () => {
  const named = nameCauses([reaction("shortcut border", 2, 40), reaction("style", 2, 40)], []);
  expect([named.marks, named.style, named.view]).toEqual([[], ["Fracture"], []]);
});

it("names the convention where two more pairs follow the training labeler than the truth", () => {
  const labeler = "follows training labeler" as const;
  expect(nameCauses([], [labeler, labeler, "conventions agree"]).convention).toBe("named");
  expect(nameCauses([], [labeler, labeler, "follows truth"]).convention).toBe("not named");
});
