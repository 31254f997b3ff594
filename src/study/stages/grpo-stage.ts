import { readCohort } from "../../cohort/cohort-file.ts";
import type { ImageRecord } from "../../datasets/record.ts";
import { prepareRadiographs } from "../../engine/prepare-radiographs.ts";
import { positiveLabels } from "../../labels/policy.ts";
import { promptMessages } from "../../prompts/chat-message.ts";
import { permutedRewards } from "../../rewards/permuted-rewards.ts";
import { permutedTruth } from "../../rewards/permuted-truth.ts";
import type { Reward } from "../../rewards/reward.ts";
import { makeReward } from "../../rewards/reward-settings.ts";
import { trainGrpo } from "../../training/grpo.ts";
import type { GrpoExample } from "../../training/rollout.ts";
import { openRunFolder } from "../run-folder.ts";
import { sftFactsSchema } from "../schema/facts.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { GrpoConfig } from "../schema/training.ts";
import type { Stage } from "../stage.ts";
import { studyPath } from "../study-path.ts";
import { studyPrompt } from "../study-prompt.ts";
import { radiographRoot } from "./radiograph-root.ts";

/** GRPO from the best SFT checkpoint, rewarded by the training hospital's labels. */
export function grpoStage(config: StudyConfig, grpo: GrpoConfig): Stage {
  // Which checkpoint is evaluated changes nothing here.
  const { reward: rewardSettings, control, evaluate: _, ...settings } = grpo;
  const prompt = studyPrompt(config, config.format);
  return {
    name: "grpo",
    needs: ["model", "sft", "cohort", `data ${config.cohort.source}`],
    config: { settings, reward: rewardSettings, control, prompt: prompt.hash, seed: config.seed },
    async run(context) {
      const { engine } = await context.engines.model();
      const sets = {
        train: rewardable((await readCohort(context.path("cohorts/rl.jsonl"))).records),
        validation: rewardable((await readCohort(context.path("cohorts/validation.jsonl"))).records),
      };
      const examples = async (records: readonly ImageRecord[]): Promise<GrpoExample[]> => {
        const root = radiographRoot(context, config.cohort.source);
        const files = records.map(({ image }) => ({ root, image }));
        const prepared = await prepareRadiographs(engine, files, promptMessages(prompt), context.onProgress);
        return records.map(({ id, patient, labels }, index) => ({
          id,
          patient,
          handle: prepared[index]?.handle ?? "",
          truth: positiveLabels(labels),
        }));
      };
      const train = await examples(sets.train.records);
      const run = await openRunFolder(context, "grpo", {
        ...settings,
        reward: rewardSettings,
        control,
        seed: config.seed,
      });
      const outcome = await trainGrpo({
        engine,
        runFolder: context.path(run.folder),
        start: context.path(sftFactsSchema.parse(context.result("sft").facts).adapter),
        train,
        validation: await examples(sets.validation.records),
        reward: controlled(makeReward(rewardSettings), control, train, config.seed),
        answer: prompt.answer,
        settings,
        seed: config.seed,
        onProgress: run.onProgress,
      });
      for (const adapter of ["policy", "reference"]) await engine.free({ adapter });
      return {
        files: await run.close(),
        summary:
          `${outcome.lastRollout} rollouts; best at ${outcome.bestRollout} ` +
          `(validation Jaccard ${outcome.bestValidationJaccard.toFixed(3)}); ` +
          `${sets.validation.without} validation images without a positive label left out`,
        facts: {
          folder: run.folder,
          adapters: {
            best: studyPath(context, outcome.bestAdapter),
            last: studyPath(context, outcome.lastAdapter),
          },
          bestRollout: outcome.bestRollout,
          train: train.length,
          withoutPositiveLabel: { train: sets.train.without, validation: sets.validation.without },
        },
      };
    },
  };
}

/** The reward, or the control that is trained in its place. */
function controlled(
  reward: Reward,
  control: GrpoConfig["control"],
  train: readonly GrpoExample[],
  seed: number,
): Reward {
  switch (control) {
    case "none":
      return reward;
    case "permuted-truth":
      return permutedTruth(reward, train, seed);
    case "permuted-rewards":
      return permutedRewards(reward, seed);
  }
}

/** Records with a positive label. No reward is defined for the others; they are counted. */
function rewardable(records: readonly ImageRecord[]): { records: ImageRecord[]; without: number } {
  const kept = records.filter(({ labels }) => positiveLabels(labels).length > 0);
  return { records: kept, without: records.length - kept.length };
}
