import path from "node:path";
import type { Prediction } from "../../evaluation/prediction-file.ts";
import type { Label } from "../../labels/label.ts";
import type { SampleAnswer } from "../../report/report-input.ts";
import { loadReward } from "../../rewards/load-reward.ts";
import type { Study } from "../load-study.ts";
import { studyPrompt } from "../study-prompt.ts";
import type { StudyReader } from "../study-reader.ts";

/** The parts of the reward that an answer earns; none where no reward is defined for it. */
export type AnswerReward = (
  reader: Pick<StudyReader, "prompt">,
  prediction: Prediction,
  truth: readonly Label[],
) => SampleAnswer["reward"];

/**
 * What the study's reward pays for an answer on its own: a reward with a memory is called with none, so that what it takes
 * off for earlier answers is not in it. Nothing for an image without a positive label, which training sets aside, nor for
 * a reader that was asked by another prompt than the one that GRPO trains. The control of a study is not applied.
 */
export async function answerReward({ config, file }: Study): Promise<AnswerReward> {
  if (config.grpo === null) return () => [];
  const reward = await loadReward(config.grpo.reward, path.dirname(file));
  const { answer } = studyPrompt(config, config.format);
  return ({ prompt }, { id, text, tokens, finish }, truth) => {
    if (prompt !== config.format || truth.length === 0) return [];
    const { scores } = reward(
      [{ id, prompt: 0, completion: 0, text, tokens, finish, truth }],
      { step: 0, answer },
      null,
    );
    const [score] = scores;
    if (score === undefined) return [];
    const parts = Object.entries(score.components).map(([name, value]) => ({ name, value }));
    return [{ name: "reward", value: score.total }, ...parts];
  };
}
