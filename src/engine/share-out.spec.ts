import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inOrder, shareOut } from "./share-out.ts";

describe("shareOut", () => {
  it("deals in turn", () => {
    expect(shareOut(["a", "b", "c", "d", "e"], 2)).toEqual([
      { rank: 0, items: ["a", "c", "e"], places: [0, 2, 4] },
      { rank: 1, items: ["b", "d"], places: [1, 3] },
    ]);
    expect(shareOut(["a"], 3)).toEqual([{ rank: 0, items: ["a"], places: [0] }]);
    expect(shareOut([], 2)).toEqual([{ rank: 0, items: [], places: [] }]);
  });

  it("comes back in order, and no rank has more than its part", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), (items, ranks) => {
        const shares = shareOut(items, ranks);
        const doubled = shares.map((share) => share.items.map((item) => [item, "done"]));
        expect(inOrder(shares, doubled)).toEqual(items.map((item) => [item, "done"]));
        for (const share of shares)
          expect(share.items.length).toBeLessThanOrEqual(Math.ceil(items.length / ranks));
      }),
    );
  });

  it("takes no answer that is missing or too many", () => {
    const shares = shareOut([1, 2, 3], 2);
    expect(() => inOrder(shares, [[1], [2]])).toThrow("rank 0 gave 1 answers to 2 items");
    expect(() => inOrder(shares, [[1, 3], []])).toThrow("rank 1 gave 0 answers to 1 items");
  });
});
