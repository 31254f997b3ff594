import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../engine/package-root.ts";
import { scratchFolder } from "../util/testing/scratch-folder.ts";
import { loadRewardFile } from "./reward-file.ts";
import { answer, CONTEXT, exampleCompletion } from "./testing/rewarded-completion.ts";

const folder = scratchFolder();

describe("docs/rewards.md", () => {
  it("shows a reward that runs as it stands", async () => {
    const page = readFileSync(path.join(PACKAGE_ROOT, "docs/rewards.md"), "utf8");
    const [, example = ""] = /```ts\n(.*?)```/s.exec(page) ?? [];
    const file = path.join(folder, "my-reward.ts");
    await writeFile(file, example);
    const reward = await loadRewardFile(file, { free: 1, price: 0.25 });
    const { scores } = reward(
      [
        exampleCompletion(answer("Edema, Pneumonia")),
        exampleCompletion(answer("Edema")),
        exampleCompletion("no"),
      ],
      CONTEXT,
      null,
    );
    expect(scores.map(({ total }) => total)).toEqual([0.5 - 0.25, 1, 0]);
    expect(scores[0]?.components).toEqual({ jaccard: 0.5, overcall: -0.25 });
  });
});
