import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spendingCap } from "./spending-cap.ts";

describe("spendingCap", () => {
  it("lets calls through up to the cap, and not past it", async () => {
    const cap = spendingCap(1, 0.25);
    expect(await cap.reserve(0.75)).toBe("reserved");
    cap.settle(0.75, 0.5);
    expect(cap.spent()).toBe(0.75);
    expect(await cap.reserve(0.5)).toBe("refused");
    expect(await cap.reserve(0.25)).toBe("reserved");
  });

  it("waits for calls under way, which may leave room", async () => {
    const cap = spendingCap(1, 0);
    await cap.reserve(0.75);
    const second = cap.reserve(0.5);
    const third = cap.reserve(0.75);
    cap.settle(0.75, 0.25);
    expect(await second).toBe("reserved");
    cap.settle(0.5, 0.5);
    expect(await third).toBe("refused");
  });

  it("lets everything through where there is none", async () => {
    const cap = spendingCap(null, 0);
    expect(await cap.reserve(1e9)).toBe("reserved");
  });

  it("is never passed, whatever calls cost up to their reservation and in whatever order they end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ atMost: fc.integer({ min: 1, max: 100 }), share: fc.integer({ min: 0, max: 100 }) }),
          {
            maxLength: 40,
          },
        ),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 6 }),
        async (calls, limit, workers) => {
          const cap = spendingCap(limit, 0);
          let bill = 0;
          let next = 0;
          const outcomes: string[] = [];
          const work = async (): Promise<void> => {
            for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
              const outcome = await cap.reserve(call.atMost);
              outcomes.push(outcome);
              if (outcome === "refused") return;
              const cost = Math.floor((call.atMost * call.share) / 100);
              bill += cost;
              expect(bill).toBeLessThanOrEqual(limit);
              await Promise.resolve();
              cap.settle(call.atMost, cost);
            }
          };
          await Promise.all(Array.from({ length: workers }, work));
          expect(cap.spent()).toBe(bill);
          // Nobody is left waiting: every worker came to its end.
          if (!outcomes.includes("refused")) expect(outcomes).toHaveLength(calls.length);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});
