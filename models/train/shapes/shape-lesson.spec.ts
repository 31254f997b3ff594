import { describe, expect, it } from "vitest";
import { randomStream } from "../../../src/util/random.ts";
import { renderShapes } from "./render-shapes.ts";
import { PLACES, SHAPE_KINDS, type Shape } from "./shape.ts";
import { shapeLesson } from "./shape-lesson.ts";

const SIDE = 112;

/** Mean grey of each of the nine places. */
function means(pixels: Uint8Array): number[] {
  const sums = PLACES.map(() => ({ total: 0, count: 0 }));
  pixels.forEach((value, index) => {
    const row = Math.floor((Math.floor(index / SIDE) / SIDE) * 3);
    const column = Math.floor(((index % SIDE) / SIDE) * 3);
    const sum = sums[row * 3 + column];
    if (sum) {
      sum.total += value;
      sum.count++;
    }
  });
  return sums.map(({ total, count }) => total / count);
}

describe("renderShapes", () => {
  it.each(SHAPE_KINDS)(
    "draws a bright %s in its place, brighter than the other eight, and a dark one darker",
    (kind) => {
      for (const tone of ["bright", "dark"] as const) {
        const shape: Shape = { kind, tone, size: "large", place: "middle right", offset: { x: 0, y: 0 } };
        const { pixels } = renderShapes([shape], SIDE, randomStream(1, "test"));
        const [...grey] = means(pixels);
        const [there] = grey.splice(PLACES.indexOf("middle right"), 1);
        if (tone === "bright") expect(there).toBeGreaterThan(Math.max(...grey) + 5);
        else expect(there).toBeLessThan(Math.min(...grey) - 5);
      }
    },
  );
});

describe("shapeLesson", () => {
  it("is the same for the same seed and number, and another for another", async () => {
    const [first, again, other] = [shapeLesson(1, 5, SIDE), shapeLesson(1, 5, SIDE), shapeLesson(1, 6, SIDE)];
    expect(again.answer).toBe(first.answer);
    expect(await again.picture()).toEqual(await first.picture());
    expect(await other.picture()).not.toEqual(await first.picture());
  });

  it("never speaks of a chest", () => {
    const text = Array.from({ length: 500 }, (_, index) => shapeLesson(1, index, SIDE))
      .map(({ question, answer }) => `${question} ${answer}`)
      .join(" ");
    expect(text).not.toMatch(/chest|lung|heart|pleura|x-ray/i);
  });
});
