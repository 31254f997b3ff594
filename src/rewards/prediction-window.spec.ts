import { describe, expect, it } from "vitest";
import type { Label } from "../labels/label.ts";
import { dominantLabels, type PredictionWindow, slide } from "./prediction-window.ts";

/** A window in which Edema stands in `count` of `size` predictions, Fracture in the others. */
const window = (count: number, size: number): PredictionWindow =>
  Array.from({ length: size }, (_, at): Label[] => [at < count ? "Edema" : "Fracture"]);

describe("slide", () => {
  it("adds the latest at the end and lets the oldest fall out", () => {
    const steps: PredictionWindow[] = [[]];
    for (const labels of [["Edema"], ["Fracture"], ["Edema", "Pneumonia"]] as const) {
      steps.push(slide(steps.at(-1) ?? [], labels, 2));
    }
    expect(steps).toEqual([
      [],
      [["Edema"]],
      [["Edema"], ["Fracture"]],
      [["Fracture"], ["Edema", "Pneumonia"]],
    ]);
  });

  it("cuts a window that is too long, as after a smaller setting", () => {
    expect(slide(window(5, 5), ["Fracture"], 2)).toEqual([["Edema"], ["Fracture"]]);
  });
});

describe("dominantLabels", () => {
  it("gives every label above the share", () => {
    const both: PredictionWindow = [["Fracture"], ["Edema", "Pneumonia"]];
    expect(dominantLabels(both, 2, 0.49)).toEqual(new Set(["Fracture", "Edema", "Pneumonia"]));
    expect(dominantLabels(both, 2, 0.5)).toEqual(new Set());
  });

  it("gives none until the window is full", () => {
    expect(dominantLabels(window(99, 99), 100, 0.7)).toEqual(new Set());
    expect(dominantLabels(window(100, 100), 100, 0.7)).toEqual(new Set(["Edema"]));
  });

  it("takes exactly the share for not above it, at every size and whole percentage", () => {
    for (let percent = 1; percent < 100; percent++) {
      for (let size = 2; size <= 200; size++) {
        if ((percent * size) % 100 !== 0) continue;
        const count = (percent * size) / 100;
        const at = dominantLabels(window(count, size), size, percent / 100);
        const above = dominantLabels(window(count + 1, size), size, percent / 100);
        if (at.has("Edema") || !above.has("Edema")) throw new Error(`${count} of ${size} and ${percent} %`);
      }
    }
  });
});
