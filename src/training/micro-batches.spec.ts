import { describe, expect, it } from "vitest";
import { EngineError } from "../engine/engine-error.ts";
import { UserError } from "../util/user-error.ts";
import { forEachMicroBatch, type MicroBatching, microBatchOfRanks } from "./micro-batches.ts";

const row = (name: string, completionTokens: number) => ({ name, promptTokens: 10, completionTokens });
const ROWS = [row("a", 5), row("b", 30), row("c", 10), row("d", 6), row("e", 5)];

/** The micro-batches of rows; those above `most` tokens, padding included, do not fit into memory. */
async function taken(
  batching: MicroBatching,
  most = Number.POSITIVE_INFINITY,
): Promise<(string | undefined)[]> {
  const done: string[] = [];
  await forEachMicroBatch(ROWS, batching, async (micro) => {
    const longest = Math.max(...micro.map(({ row: { completionTokens } }) => 10 + completionTokens));
    if (longest * micro.length > most) throw new EngineError("out-of-memory", "the engine: Forward: no room");
    expect(micro.map(({ row: { name }, place }) => [name, place])).toEqual(
      micro.map(({ place }) => [ROWS[place]?.name, place]),
    );
    done.push(micro.map(({ row: { name } }) => name).join(""));
  });
  return done;
}

describe("forEachMicroBatch", () => {
  it("takes so many rows in their order", async () => {
    expect(await taken({ limit: 2, halvings: 0 })).toEqual(["ab", "cd", "e"]);
  });

  it("takes as many as fill so many tokens, padding included, the longest first", async () => {
    // b is 40 long: one fits into 60. c is 20 long: three; then e is left.
    expect(await taken({ limit: { tokens: 60 }, halvings: 0 })).toEqual(["b", "cda", "e"]);
    expect(await taken({ limit: { tokens: 1 }, halvings: 0 })).toEqual(["b", "c", "d", "a", "e"]);
  });

  it("halves what it takes when memory is short, repeats nothing that was done, and remembers", async () => {
    const heard: number[] = [];
    const batching: MicroBatching = {
      limit: 4,
      halvings: 0,
      onHalved: async (rows) => void heard.push(rows),
    };
    expect(await taken(batching, 80)).toEqual(["ab", "cd", "e"]);
    expect([batching.halvings, heard]).toEqual([1, [4]]);
    expect(await taken(batching, 40)).toEqual(["a", "b", "c", "d", "e"]);
    expect([batching.halvings, heard]).toEqual([2, [4, 2]]);
  });

  it("halves a limit above what there was to take until less is taken", async () => {
    const batching: MicroBatching = { limit: 64, halvings: 0 };
    expect(await taken(batching, 80)).toEqual(["ab", "cd", "e"]);
    expect(batching.halvings).toBe(5);
    const tokens: MicroBatching = { limit: { tokens: 800 }, halvings: 0 };
    expect(await taken(tokens, 80)).toEqual(["bc", "dae"]);
  });

  it("says in one line that one row alone does not fit; another error is none of its business", async () => {
    const failure = taken({ limit: 4, halvings: 0 }, 39);
    await expect(failure).rejects.toThrow(UserError);
    await expect(failure).rejects.toThrow(/no room; one sequence or group alone does not fit: set /);
    const broken = forEachMicroBatch(ROWS, { limit: 4, halvings: 0 }, () =>
      Promise.reject(new Error("broken")),
    );
    await expect(broken).rejects.toThrow("broken");
  });
});

it("is what each of several ranks takes", () => {
  expect([microBatchOfRanks(3, 2), microBatchOfRanks({ tokens: 100 }, 2)]).toEqual([6, { tokens: 200 }]);
});
