import { describe, expect, it } from "vitest";
import { mapParallel } from "./map-parallel.ts";

/** Calls that end when told to, in any order. */
function controlled() {
  const started: number[] = [];
  const ends = new Map<number, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const work = (item: number): Promise<string> => {
    started.push(item);
    return new Promise((resolve, reject) => ends.set(item, { resolve, reject }));
  };
  /** Lets everything that can go on without another call's end do so. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    started,
    work,
    settle,
    async finish(item: number) {
      ends.get(item)?.resolve(`done ${item}`);
      await settle();
    },
    async fail(item: number) {
      ends.get(item)?.reject(new Error(`failed ${item}`));
      await settle();
    },
  };
}

describe("mapParallel", () => {
  it("gives results in the order of the items, whatever the order of the ends", async () => {
    const calls = controlled();
    const mapped = mapParallel([0, 1, 2, 3], 4, calls.work);
    for (const item of [2, 0, 3, 1]) await calls.finish(item);
    expect(await mapped).toEqual(["done 0", "done 1", "done 2", "done 3"]);
  });

  it("starts another call only when one has ended", async () => {
    const calls = controlled();
    const mapped = mapParallel([0, 1, 2, 3, 4], 2, calls.work);
    expect(calls.started).toEqual([0, 1]);
    await calls.finish(1);
    expect(calls.started).toEqual([0, 1, 2]);
    await calls.finish(2);
    expect(calls.started).toEqual([0, 1, 2, 3]);
    for (const item of [0, 3, 4]) await calls.finish(item);
    expect(await mapped).toHaveLength(5);
  });

  it("rejects with the first failure and starts nothing after it", async () => {
    const calls = controlled();
    const mapped = mapParallel([0, 1, 2, 3], 2, calls.work).catch((error: unknown) => error);
    await calls.fail(1);
    expect(await mapped).toEqual(new Error("failed 1"));
    await calls.finish(0);
    expect(calls.started).toEqual([0, 1]);
  });

  it("hands the index along, takes no items, and counts fewer than one as one", async () => {
    expect(await mapParallel(["a", "b"], 3, async (item, index) => `${item}${index}`)).toEqual(["a0", "b1"]);
    expect(await mapParallel([], 3, async () => 1)).toEqual([]);
    const calls = controlled();
    void mapParallel([0, 1], 0, calls.work);
    expect(calls.started).toEqual([0]);
  });
});
