import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { fileRewardSettings } from "../../rewards/load-reward.ts";
import { scratchFolder } from "../../util/testing/scratch-folder.ts";
import type { StageContext } from "../stage.ts";
import { finishedStage, recordStage } from "../stage-record.ts";
import { rewardStage } from "./reward-stage.ts";

const root = scratchFolder();
const folder = path.join(root, "study");
const file = path.join(root, "my-reward.ts");
const context = { study: { file: path.join(root, "study.yaml"), folder } } as unknown as StageContext;
const stage = rewardStage(fileRewardSettings.parse({ kind: "file", path: "./my-reward.ts" }));

describe("rewardStage", () => {
  it("takes down the file, so that a change of it counts", async () => {
    const text = "export default () => () => ({ scores: [], state: null });\n";
    await writeFile(file, text);
    const result = await stage.run(context);
    expect(result.files).toEqual(["../my-reward.ts"]);
    await recordStage(folder, stage.name, "hash", result, 0);
    expect(await finishedStage(folder, stage.name, "hash")).not.toBeNull();
    await writeFile(file, `${text}// changed\n`);
    expect(await finishedStage(folder, stage.name, "hash")).toBeNull();
  });

  it("refuses a file that is no reward before anything is trained", async () => {
    await writeFile(file, "export default 3;\n");
    await expect(stage.run(context)).rejects.toThrow("its default export is no function");
  });
});
