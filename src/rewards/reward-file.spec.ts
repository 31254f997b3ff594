import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { UserError } from "../util/user-error.ts";
import { loadReward, studyRewardSettings } from "./load-reward.ts";
import { loadRewardFile } from "./reward-file.ts";
import { answer, CONTEXT, exampleCompletion } from "./testing/rewarded-completion.ts";

const OVERCALL = fileURLToPath(new URL("./testing/overcall-reward.ts", import.meta.url));
const folder = scratchFolder();
let made = 0;

/** The reward of a file with this text. */
async function load(text: string, settings: Record<string, unknown> = {}) {
  const file = path.join(folder, `reward-${made++}.ts`);
  await writeFile(file, text);
  return loadRewardFile(file, settings);
}
const rollout = [exampleCompletion(answer("Edema"))];
const run = async (body: string) => (await load(`export default () => ${body}`))(rollout, CONTEXT, null);

describe("loadRewardFile", () => {
  it("pays by the user's own function, with its components and its memory", async () => {
    const reward = await loadRewardFile(OVERCALL, { free: 1, price: 0.25 });
    const texts = [answer("Edema"), answer("Edema, Pneumonia, Fracture"), "no idea"];
    const first = reward(
      texts.map((text) => exampleCompletion(text)),
      CONTEXT,
      null,
    );
    expect(first.scores).toEqual([
      { total: 1, components: { jaccard: 1, overcall: 0 } },
      { total: 1 / 3 - 0.5, components: { jaccard: 1 / 3, overcall: -0.5 } },
      { total: 0, components: { jaccard: 0, overcall: 0 } },
    ]);
    expect(first.state).toEqual({ seen: 3 });
    expect(reward(rollout, CONTEXT, first.state).state).toEqual({ seen: 4 });
  });

  it("is found beside the study file", async () => {
    const settings = studyRewardSettings.parse({ kind: "file", path: "./testing/overcall-reward.ts" });
    const reward = await loadReward(settings, path.dirname(path.dirname(OVERCALL)));
    expect(reward(rollout, CONTEXT, null).scores[0]?.total).toBe(1);
  });

  it.each([
    ["no file", () => loadRewardFile(path.join(folder, "none.ts"), {}), "there is no such file"],
    ["a file that is no TypeScript", () => load("export default ("), "cannot be run"],
    ["a file that throws", () => load(`throw new Error("out\\nof order")`), "cannot be run: out"],
    ["no default export", () => load("export const reward = 1"), "default export is no function"],
    ["a default that gives no function", () => load("export default () => 1"), "must return a function"],
    [
      "settings that it refuses",
      () => loadRewardFile(OVERCALL, { price: -1 }),
      "failed with these settings: price is -1, it must be 0 or more",
    ],
  ])("says in one line what is wrong with %s", async (_, act, message) => {
    const error = await act().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain("\n");
  });

  it.each([
    ["throws", `() => { throw new Error("oops") }`, "failed at step 0: oops"],
    ["is asynchronous", "async () => ({ scores: [], state: null })", "scores"],
    ["pays no number", `() => ({ scores: [{ total: "1", components: {} }], state: null })`, "scores.0.total"],
    [
      "does not add up",
      "() => ({ scores: [{ total: 1, components: { a: 0.5 } }], state: null })",
      "components add up to 0.5",
    ],
    ["keeps what no checkpoint can", "() => ({ scores: [], state: new Map() })", "no plain JSON"],
  ])("holds a reward to its contract: one that %s", async (_, body, message) => {
    await expect(run(body)).rejects.toThrow(message);
  });
});
