import path from "node:path";
import { type FileRewardSettings, loadReward } from "../../rewards/load-reward.ts";
import type { Stage } from "../stage.ts";
import { studyPath } from "../study-path.ts";

/**
 * Looks at a reward file before anything is trained: that it can be used, and what it holds, so that GRPO runs again
 * when it changes.
 */
export function rewardStage(reward: FileRewardSettings): Stage {
  return {
    name: "reward",
    needs: [],
    config: { reward },
    async run({ study }) {
      const beside = path.dirname(study.file);
      await loadReward(reward, beside);
      const file = studyPath({ study }, path.resolve(beside, reward.path));
      return { files: [file], summary: reward.path, facts: {} };
    },
  };
}
