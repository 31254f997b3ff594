import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { unlessLost } from "./unless-lost.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** An engine that lives until it is told to fail. */
function living() {
  let lose: (error: Error) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  lost.catch(() => {});
  return { lost, lose };
}

describe("unlessLost", () => {
  it("gives the answer, or what the answer failed with", async () => {
    const { lost } = living();
    expect(await unlessLost(lost, Promise.resolve(3))).toBe(3);
    await expect(unlessLost(lost, Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("fails for all that wait when the engine is lost, and for those that come later", async () => {
    const { lost, lose } = living();
    const never = new Promise<number>(() => {});
    const waiting = [unlessLost(lost, never), unlessLost(lost, never)];
    lose(new Error("dead"));
    for (const one of waiting) await expect(one).rejects.toThrow("dead");
    await expect(unlessLost(lost, never)).rejects.toThrow("dead");
    await expect(unlessLost(lost, Promise.resolve(3))).rejects.toThrow("dead");
  });

  it.each([
    ["unlessLost", unlessLost, 0],
    ["Promise.race, which is why it is not used", (lost, answer) => Promise.race([answer, lost]), 20],
  ] as const satisfies readonly (readonly [string, typeof unlessLost, number])[])(
    "keeps no answer: %s",
    async (_, guard, kept) => {
      const { lost } = living();
      const answers: WeakRef<object>[] = [];
      for (let call = 0; call < 20; call++)
        await guard(lost, Promise.resolve({ call })).then((answer) => {
          answers.push(new WeakRef(answer));
        });
      await new Promise((resolve) => setTimeout(resolve, 0));
      collectGarbage();
      expect(answers.filter((answer) => answer.deref() !== undefined)).toHaveLength(kept);
      await Promise.race([lost, Promise.resolve()]); // the engine lives until here
    },
  );
});
