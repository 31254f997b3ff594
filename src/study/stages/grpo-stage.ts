import path from "node:path";
import { readCohort } from "../../cohort/cohort-file.ts";
import type { ImageRecord } from "../../datasets/record.ts";
import { prepareRadiographs } from "../../engine/prepare-radiographs.ts";
import { positiveLabels } from "../../labels/policy.ts";
import { promptMessages } from "../../prompts/chat-message.ts";
import { loadReward } from "../../rewards/load-reward.ts";
import { permutedRewards } from "../../rewards/permuted-rewards.ts";
import { permutedTruth } from "../../rewards/permuted-truth.ts";
import type { Reward } from "../../rewards/reward.ts";
import { trainGrpo } from "../../training/grpo.ts";
import { microBatchOfRanks } from "../../training/micro-batches.ts";
import type { GrpoExample } from "../../training/rollout.ts";
import type { ValidationSet } from "../../training/validate-reader.ts";
import { openRunFolder } from "../run-folder.ts";
import { sftFactsSchema } from "../schema/facts.ts";
import type { StudyConfig } from "../schema/study.ts";
import type { GrpoConfig } from "../schema/training.ts";
import type { Stage } from "../stage.ts";
import { studyPath } from "../study-path.ts";
import { studyPrompt } from "../study-prompt.ts";
import { trainingSeed } from "../training-seed.ts";
import { chooseSetFile } from "./choose-set-stage.ts";
import { statedBy } from "./data-stage.ts";
import { radiographRoot } from "./radiograph-root.ts";

/** GRPO from the best SFT checkpoint, rewarded by the training hospital's labels. */
export function grpoStage(config: StudyConfig, grpo: GrpoConfig): Stage {
  // Which checkpoint is evaluated changes nothing here.
  const { reward: rewardSettings, control, validateOn, evaluate: _, ...settings } = grpo;
  const { source } = config.cohort;
  const further = Object.keys(validateOn);
  const prompt = studyPrompt(config, config.format);
  const seed = trainingSeed(config);
  return {
    name: "grpo",
    needs: [
      "model",
      "sft",
      "cohort",
      `data ${source}`,
      ...(rewardSettings.kind === "file" ? ["reward"] : []),
      ...further.flatMap((data) => [`choose-set ${data}`, `data ${data}`]),
    ],
    config: { settings, reward: rewardSettings, control, validateOn, prompt: prompt.hash, seed },
    async run(context) {
      const { engine } = await context.engines.model();
      const reward = await loadReward(rewardSettings, path.dirname(context.study.file));
      const rewardableIn = async (file: string) => rewardable((await readCohort(context.path(file))).records);
      const trainSet = await rewardableIn("cohorts/rl.jsonl");
      const examples = async (records: readonly ImageRecord[], data: string): Promise<GrpoExample[]> => {
        const root = radiographRoot(context, data);
        const files = records.map(({ image }) => ({ root, image }));
        const prepared = await prepareRadiographs(engine, files, promptMessages(prompt), context.onProgress);
        return records.map(({ id, patient, labels }, index) => ({
          id,
          patient,
          handle: prepared[index]?.handle ?? "",
          promptTokens: prepared[index]?.tokens ?? 0,
          truth: positiveLabels(labels),
        }));
      };
      const train = await examples(trainSet.records, source);
      const run = await openRunFolder(context, "grpo", {
        ...settings,
        reward: rewardSettings,
        control,
        validateOn,
        seed,
      });
      const validation: ValidationSet[] = [];
      const without: Record<string, number> = {};
      for (const data of [source, ...further]) {
        const set = await rewardableIn(data === source ? "cohorts/validation.jsonl" : chooseSetFile(data));
        without[data] = set.without;
        validation.push({
          data,
          stated: statedBy(config, data),
          examples: await examples(set.records, data),
        });
      }
      const outcome = await trainGrpo({
        engine,
        runFolder: context.path(run.folder),
        start: context.path(sftFactsSchema.parse(context.result("sft").facts).adapter),
        train,
        validation,
        reward: controlled(reward, control, train, seed),
        answer: prompt.answer,
        settings: { ...settings, microBatch: microBatchOfRanks(settings.microBatch, config.model.ranks) },
        seed,
        onProgress: run.onProgress,
      });
      for (const adapter of ["policy", "reference"]) await engine.free({ adapter });
      return {
        files: await run.close(),
        summary:
          `${outcome.lastRollout} rollouts${outcome.stopped === "collapse" ? ", ended by a collapse" : ""}; ` +
          `best at ${outcome.bestRollout} (validation ${settings.chooseBy} ${outcome.bestValue.toFixed(3)}); ` +
          `${Object.values(without).reduce((sum, count) => sum + count, 0)} validation images without a positive label left out`,
        facts: {
          folder: run.folder,
          adapters: {
            best: studyPath(context, outcome.bestAdapter),
            last: studyPath(context, outcome.lastAdapter),
          },
          bestRollout: outcome.bestRollout,
          train: train.length,
          stopped: outcome.stopped,
          restores: outcome.restores,
          withoutPositiveLabel: { train: trainSet.without, validation: without },
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
