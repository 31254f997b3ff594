import path from "node:path";
import { z } from "zod";
import type { Reward } from "./reward.ts";
import { loadRewardFile } from "./reward-file.ts";
import { makeReward, rewardSettings } from "./reward-settings.ts";

/** A reward of the user's own: see docs/rewards.md. */
export const fileRewardSettings = z.strictObject({
  kind: z.literal("file"),
  /** A TypeScript or JavaScript file, relative to the study file. */
  path: z.string().min(1),
  /** Handed to the file's default export as it stands. */
  settings: z.record(z.string(), z.unknown()).default({}),
});

/** Any reward that a study may name: built in, or a file. */
export const studyRewardSettings = z.discriminatedUnion("kind", [rewardSettings, fileRewardSettings]);
export type StudyRewardSettings = z.infer<typeof studyRewardSettings>;
export type FileRewardSettings = z.infer<typeof fileRewardSettings>;

/**
 * The reward that a study names.
 * @param beside the study file's folder, which a reward file's path is relative to
 * @throws UserError when a reward file cannot be used
 */
export async function loadReward(settings: StudyRewardSettings, beside: string): Promise<Reward> {
  if (settings.kind !== "file") return makeReward(settings);
  return loadRewardFile(path.resolve(beside, settings.path), settings.settings);
}
