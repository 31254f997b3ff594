import fc from "fast-check";
import { expect, it } from "vitest";
import { slices } from "./slices.ts";

it("cuts a list into slices of the size asked for, the last one shorter", () => {
  expect(slices([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(slices([1, 2], 2)).toEqual([[1, 2]]);
  expect(slices([], 3)).toEqual([]);
});

it("loses and repeats nothing, and gives no empty slice", () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 9 }), (items, size) => {
      const cut = slices(items, size);
      expect(cut.flat()).toEqual(items);
      for (const [at, { length }] of cut.entries()) {
        if (at < cut.length - 1) expect(length).toBe(size);
        else expect(length).toBeGreaterThan(0);
      }
    }),
  );
});
